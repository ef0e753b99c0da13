"""What the Platform stack promises: order, gates, removal, users."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.assembly.templates import objects_in
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.options import RenderOptions
from kubeflow_aws.rendering.platform import Platform, render_platform
from tests.support.assembly import Assembly, applies, gates, resources, synthesize
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, variation


def depends_on(template: dict[str, Any], logical_id: str) -> set[str]:
    return set(template["Resources"][logical_id].get("DependsOn", ()))


@pytest.fixture(scope="session")
def objects(sample_assembly: Assembly) -> dict[str, KubernetesObject]:
    return {str(key_of(item)): item for item in sample_assembly.objects()}


def test_packs_never_prune_and_a_retry_is_harmless(sample_assembly: Assembly) -> None:
    packs = [
        pack["Properties"]
        for template in sample_assembly.templates.values()
        for pack in applies(template).values()
    ]

    assert packs
    assert all(pack["Overwrite"] is True and "PruneLabel" not in pack for pack in packs)


def test_definitions_come_before_workloads(sample_assembly: Assembly) -> None:
    istio = sample_assembly.nested("ComponentsIstio")
    packs = applies(istio)
    definitions = {name for name in packs if name.startswith("Definitions")}

    for name in packs.keys() - definitions:
        assert definitions <= depends_on(istio, name)


def test_a_webhook_is_ready_before_what_it_admits(sample_assembly: Assembly) -> None:
    for component in ("ComponentsTrainer", "ComponentsKserve"):
        template = sample_assembly.nested(component)
        [admitted] = [name for name in applies(template) if name.startswith("Admitted")]
        waiting = set(gates(template))

        assert waiting
        assert waiting <= depends_on(template, admitted)
        for gate in waiting:
            workloads = {n for n in applies(template) if n.startswith("Workloads")}
            assert workloads <= depends_on(template, gate)


def test_gates_ask_for_what_is_there_only_when_ready(sample_assembly: Assembly) -> None:
    [gate] = gates(sample_assembly.nested("ComponentsIstio")).values()

    asked = {name: gate["Properties"][name] for name in ("ObjectType", "ObjectName", "JsonPath")}
    assert asked == {
        "ObjectType": "deployment",
        "ObjectName": "istiod",
        "JsonPath": ".status.availableReplicas",
    }


def test_components_wait_for_those_they_come_after(sample_assembly: Assembly) -> None:
    platform = sample_assembly.stack("Platform")
    nested = {
        logical_id.partition("NestedStack")[0].removeprefix("Components"): logical_id
        for logical_id in resources(platform, "AWS::CloudFormation::Stack")
    }

    assert depends_on(platform, nested["Kubeflow"]) >= {nested["Istio"]}
    assert depends_on(platform, nested["Pipelines"]) >= {nested["Kubeflow"]}
    assert depends_on(platform, nested["Kserve"]) >= {nested["Kubeflow"], nested["Knative"]}
    assert nested["Istio"] not in depends_on(platform, nested["Istio"])
    [profiles] = [name for name in nested if re.fullmatch(r"Profiles\d", name)]
    assert depends_on(platform, nested[profiles]) >= {nested["Kubeflow"]}


def test_on_our_own_cluster_what_runs_is_deleted_and_what_defines_is_kept(
    sample_assembly: Assembly,
) -> None:
    policies = {
        (logical_id.rstrip("0123456789ABCDEF"), pack["DeletionPolicy"])
        for template in sample_assembly.templates.values()
        for logical_id, pack in applies(template).items()
        if logical_id.startswith(("Admitted", "Definitions", "Stateful", "Workloads"))
    }

    assert policies == {
        ("Admitted", "Retain"),
        ("Definitions", "Retain"),
        ("Stateful", "Delete"),
        ("Workloads", "Delete"),
    }


def test_nothing_that_is_deleted_waits_for_a_finalizer_of_its_own(
    sample_assembly: Assembly,
) -> None:
    kinds = {
        item["kind"]
        for template in sample_assembly.templates.values()
        for logical_id, pack in applies(template).items()
        if logical_id.startswith("Workloads")
        for item in objects_in({"Resources": {logical_id: pack}})
    }

    assert "Deployment" in kinds
    # Claims wait for their pods, Ingresses for their controller, runtimes for jobs that use them.
    assert not kinds & {
        "ClusterTrainingRuntime",
        "CustomResourceDefinition",
        "Ingress",
        "Namespace",
        "PersistentVolumeClaim",
        "Profile",
        "TrainingRuntime",
    }


def test_a_disk_goes_together_with_the_database_that_holds_it(sample_assembly: Assembly) -> None:
    pipelines = sample_assembly.nested("ComponentsPipelines")
    [stateful] = [pack for name, pack in applies(pipelines).items() if name.startswith("Stateful")]

    kinds = [item["kind"] for item in json.loads(stateful["Properties"]["Manifest"])]
    assert sorted(kinds) == ["Deployment"] * 2 + ["PersistentVolumeClaim"] * 2


def test_dex_knows_the_users_of_the_file_and_no_other(
    vanilla: Deployment, objects: dict[str, KubernetesObject]
) -> None:
    [user] = vanilla.auth.users
    config: Any = objects["Secret auth/dex-config"]["stringData"]
    line = next(li for li in config["config.yaml"].splitlines() if "staticPasswords" in li)

    [password] = json.loads(line.partition(": ")[2])
    assert (password["email"], password["hash"]) == (user.email, user.password_hash)
    assert "Secret auth/dex-passwords" not in objects
    assert "ConfigMap auth/dex" not in objects


def test_dex_starts_anew_when_its_users_change(
    vanilla: Deployment,
    sample_platform: Platform,
    objects: dict[str, KubernetesObject],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    users: JsonValue = [
        {"email": "new@example.com", "password_hash": vanilla.auth.users[0].password_hash}
    ]
    changed = variation(vanilla, {"auth": {"users": users}, "profiles": []})
    assembly = synthesize(changed, sample_platform, tmp_path_factory.mktemp("users"))

    def digest(items: dict[str, KubernetesObject]) -> str:
        spec: Any = items["Deployment.apps auth/dex"]["spec"]
        return str(spec["template"]["metadata"]["annotations"]["kubeflow-aws/config-digest"])

    after = {str(key_of(item)): item for item in assembly.objects()}
    assert digest(objects) != digest(after)
    assert not any(item["kind"] == "Profile" for item in after.values())


def test_profiles_of_the_file_are_created_and_kept(
    sample_assembly: Assembly, objects: dict[str, KubernetesObject]
) -> None:
    [template] = [
        template
        for name, template in sample_assembly.templates.items()
        if re.search(r"PlatformProfiles\d", name)
    ]
    [pack] = applies(template).values()

    assert pack["DeletionPolicy"] == "Retain"
    assert objects["Profile.kubeflow.org kubeflow-user-example-com"]["spec"] == {
        "owner": {"kind": "User", "name": "user@example.com"}
    }


def test_the_load_balancer_controller_learns_its_cluster_at_deploy_time(
    sample_assembly: Assembly,
) -> None:
    template = sample_assembly.nested("ServicesLoadBalancerController")
    manifests = json.dumps([pack["Properties"]["Manifest"] for pack in applies(template).values()])

    assert "--cluster-name=" in manifests
    assert '"Ref": "referencetoKubeflow' in manifests
    assert "kubeflow-aws:" not in manifests


def test_what_is_switched_off_is_not_there(
    vanilla: Deployment, project: Path, sample_cache: Path, tmp_path: Path
) -> None:
    off: JsonValue = dict.fromkeys(Components.model_fields, False)
    deployment = variation(
        vanilla,
        {
            "components": off,
            "upstream": {"offline": True},
            "network": EXISTING_VPC,
            "cluster": EXISTING_CLUSTER,
        },
    )
    options = RenderOptions(manifests=project / "manifests", cache=sample_cache, allow_sample=True)
    platform = render_platform(deployment, options)

    assembly = synthesize(deployment, platform, tmp_path)

    nested = {name[:-8] for name in assembly.templates if "Components" in name or "Serv" in name}
    assert nested == {
        "KubeflowClusterServicesPlacement",
        "KubeflowClusterServicesTenants",
        "KubeflowPlatformComponentsDex",
        "KubeflowPlatformComponentsIstio",
        "KubeflowPlatformComponentsKubeflow",
    }
    assert resources(assembly.stack("Cluster"), "AWS::EKS::PodIdentityAssociation") == {}
