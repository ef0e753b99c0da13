"""One deployment from its first day to its last, on a local cloud, with the real CDK CLI.

The tests follow one another on one cloud: each starts from what the one before it left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.platform import Platform
from localcloud.cloudformation.stack import Event
from localcloud.demo.cdk import CdkError
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import Assembly, synthesize
from tests.support.deployments import variation
from tests.support.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

STACKS = ("KubeflowNetwork", "KubeflowCluster", "KubeflowPlatform", "KubeflowMonitoring")
OTHER_USER: JsonValue = {
    "users": [
        {
            "email": "other@example.com",
            "password_hash": "$2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6",
        }
    ]
}
SPARK = "/apis/apps/v1/namespaces/kubeflow/deployments/spark-operator-controller"
SPARK_CRD = (
    "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/sparkapplications.sparkoperator.k8s.io"
)
INGRESS: KubernetesObject = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "gateway", "namespace": "istio-system"},
    "spec": {
        "ingressClassName": "alb",
        "defaultBackend": {"service": {"name": "istio-ingressgateway", "port": {"number": 80}}},
    },
}


def with_objects(platform: Platform, component: str, *added: KubernetesObject) -> Platform:
    """The platform with more objects in one of its components."""
    return replace(
        platform,
        components=[
            replace(one, objects=[*one.objects, *added]) if one.component.name == component else one
            for one in platform.components
        ],
    )


def without(platform: Platform, component: str) -> Platform:
    """The platform with one of its components switched off."""
    return replace(
        platform, components=[c for c in platform.components if c.component.name != component]
    )


@pytest.fixture(scope="module")
def everything(best_platform: Platform) -> Platform:
    """The platform, and an Ingress that only the load balancer controller can let go."""
    return with_objects(best_platform, "kubeflow", INGRESS)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("assembly"), None)


@pytest.fixture(scope="module")
def assembly(vanilla: Deployment, everything: Platform, folders: Iterator[Path]) -> Assembly:
    return synthesize(vanilla, everything, next(folders))


def changed(events: list[Event]) -> set[str]:
    """The custom resources that an operation touched."""
    return {event.logical_id for event in events if event.resource_type.startswith("Custom::")}


def idle(laboratory: Laboratory) -> list[str]:
    """Workloads without a pod that should have some."""
    return [
        f"{one.kind} {namespace}/{one.name}"
        for namespace, content in laboratory.inventory().items()
        for one in content.workloads
        if one.state.startswith("0/") and one.state != "0/0"
    ]


def dex_users(laboratory: Laboratory) -> str:
    secret = laboratory.read("/api/v1/namespaces/auth/secrets/dex-config")
    return str(secret["data"]["config.yaml"])


def test_everything_is_deployed_from_nothing(laboratory: Laboratory, assembly: Assembly) -> None:
    laboratory.deploy(assembly)

    assert laboratory.statuses() == dict.fromkeys(STACKS, "CREATE_COMPLETE")
    expected = {
        (str(item["kind"]), key_of(item).namespace or None, key_of(item).name)
        for item in assembly.objects()
    }
    contents = laboratory.inventory()
    deployed = sum(len(c.workloads) + c.others.total() for c in contents.values())
    # What Kubernetes has by itself comes on top: four namespaces, for example.
    assert deployed >= len(expected)
    eventually(lambda: idle(laboratory))


def test_objects_are_applied_server_side_by_the_handlers_own_role(laboratory: Laboratory) -> None:
    istiod = laboratory.read("/apis/apps/v1/namespaces/istio-system/deployments/istiod")

    managers = {(m["manager"], m["operation"]) for m in istiod["metadata"]["managedFields"]}
    assert ("kubectl", "Apply") in managers
    assert "kubectl.kubernetes.io/last-applied-configuration" not in istiod["metadata"].get(
        "annotations", {}
    )


def test_a_second_deploy_does_nothing(laboratory: Laboratory, assembly: Assembly) -> None:
    with laboratory.events() as events:
        said = laboratory.deploy(assembly)

    assert said.count("(no changes)") == len(STACKS)
    assert events == []


def test_a_change_reaches_only_what_depends_on_it(
    laboratory: Laboratory, vanilla: Deployment, everything: Platform, folders: Iterator[Path]
) -> None:
    before = dex_users(laboratory)
    other = variation(vanilla, {"auth": OTHER_USER, "profiles": []})

    with laboratory.events() as events:
        laboratory.deploy(synthesize(other, everything, next(folders)))

    assert dex_users(laboratory) != before
    touched = {event.resource_type for event in events}
    assert touched == {"AWS::CloudFormation::Stack", "Custom::AWSCDK-EKS-KubernetesResource"}
    stacks = {event.logical_id for event in events if event.resource_type.endswith("::Stack")}
    assert not any(re.search("Istio|Pipelines|Katib|Spark", name) for name in stacks)
    # The profile goes from the template and stays in the cluster: it is somebody's work.
    assert laboratory.exists("/apis/kubeflow.org/v1/profiles/kubeflow-user-example-com")


def test_a_failing_manifest_is_rolled_back_and_named(
    laboratory: Laboratory, vanilla: Deployment, everything: Platform, folders: Iterator[Path]
) -> None:
    broken: KubernetesObject = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "broken", "namespace": "kubeflow"},
        "spec": {
            "replicas": "many",
            "selector": {"matchLabels": {"app": "broken"}},
            "template": {
                "metadata": {"labels": {"app": "broken"}},
                "spec": {"containers": [{"name": "broken", "image": "broken"}]},
            },
        },
    }
    before = dex_users(laboratory)

    with pytest.raises(CdkError) as failure, laboratory.events() as events:
        laboratory.deploy(
            synthesize(vanilla, with_objects(everything, "kubeflow", broken), next(folders))
        )

    assert laboratory.statuses()["KubeflowPlatform"] == "UPDATE_ROLLBACK_COMPLETE"
    [reason] = {
        event.reason
        for event in events
        if event.status == "UPDATE_FAILED"
        and "KubernetesResource" in event.resource_type
        and "cancelled" not in str(event.reason)
    }
    assert re.search(r"broken.*spec\.replicas", str(reason), re.DOTALL)
    # The CLI asks the nested stack for that event, if it comes before the roll-back begins, which
    # here takes a second; in any case it names the component.
    assert re.search("Components/?Kubeflow", str(failure.value))
    assert len(str(failure.value).splitlines()) == 1
    # The users of the file went in beside it, and out again.
    assert dex_users(laboratory) == before
    assert not laboratory.exists("/apis/apps/v1/namespaces/kubeflow/deployments/broken")


def test_an_outage_of_the_api_is_rolled_back_and_a_second_try_succeeds(
    laboratory: Laboratory, vanilla: Deployment, everything: Platform, folders: Iterator[Path]
) -> None:
    back_to_the_file = synthesize(vanilla, everything, next(folders))

    with (
        pytest.raises(CdkError),
        laboratory.when(
            lambda: laboratory.statuses()["KubeflowPlatform"] == "UPDATE_IN_PROGRESS",
            laboratory.api.pause,
        ),
        laboratory.when(
            lambda: laboratory.statuses()["KubeflowPlatform"] == "UPDATE_ROLLBACK_IN_PROGRESS",
            laboratory.api.resume,
        ),
    ):
        laboratory.deploy(back_to_the_file)

    assert laboratory.statuses()["KubeflowPlatform"] == "UPDATE_ROLLBACK_COMPLETE"
    laboratory.deploy(back_to_the_file)
    assert laboratory.statuses()["KubeflowPlatform"] == "UPDATE_COMPLETE"


def test_a_component_is_switched_off_and_on(
    laboratory: Laboratory, vanilla: Deployment, everything: Platform, folders: Iterator[Path]
) -> None:
    off = variation(vanilla, {"components": {"spark": False}})
    assert laboratory.exists(SPARK)

    laboratory.deploy(synthesize(off, without(everything, "spark"), next(folders)))

    assert not laboratory.exists(SPARK)
    assert laboratory.exists(SPARK_CRD)
    assert not any("Spark" in stack.name for stack in laboratory.stacks())

    laboratory.deploy(synthesize(vanilla, everything, next(folders)))

    assert laboratory.exists(SPARK)


def test_nothing_is_left_after_destroy(laboratory: Laboratory, assembly: Assembly) -> None:
    ingress = laboratory.read(
        "/apis/networking.k8s.io/v1/namespaces/istio-system/ingresses/gateway"
    )
    assert ingress["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    assert ingress["status"]["loadBalancer"]["ingress"][0]["hostname"].endswith("amazonaws.com")

    with laboratory.events() as events:
        laboratory.cdk.destroy(assembly.folder)

    # The Ingress went while its controller could let it go: else this would have hung.
    assert laboratory.statuses() == {}
    assert laboratory.stacks() == []
    assert laboratory.cloud.clusters.apis == {}
    assert laboratory.leftovers() == {}
    in_time = sorted(events, key=lambda event: event.timestamp)
    gone = [event.logical_id for event in in_time if event.status == "DELETE_COMPLETE"]
    order = [name for name in gone if name in STACKS]
    assert order[-3:] == ["KubeflowPlatform", "KubeflowCluster", "KubeflowNetwork"]
