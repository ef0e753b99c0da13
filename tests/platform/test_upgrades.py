"""Changes of a deployment that is in use: no field is refused, and nobody's fields are taken.

They come after the others that share the platform, for the last leaves another deployment behind.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubeflow_aws.assembly.templates import MANIFEST_TYPE
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from tests.platform.cluster import Object, PlatformCluster
from tests.support.assembly import synthesize
from tests.support.deployments import variation
from tests.support.platforms import best_of
from tests.support.waiting import eventually

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

CLUSTER_ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
PROFILE = "/apis/kubeflow.org/v1/profiles/alice"
OWN_MANAGER = "kubectl"


@pytest.fixture(scope="module")
def deploy(
    platform: PlatformCluster, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Deployment], None]:
    def of(deployment: Deployment) -> None:
        folder: Path = tmp_path_factory.mktemp("changed")
        platform.laboratory.deploy(synthesize(deployment, best_of(deployment), folder))
        eventually(platform.incomplete)

    return of


def profile(**fields: JsonValue) -> dict[str, JsonValue]:
    """The data plane's profiles with another first one, and more users."""
    alice: JsonValue = {"name": "alice", **fields}
    bob: JsonValue = {
        "name": "bob",
        "owner": "alice@example.com",
        "artifacts_prefix": "teams/bob",
    }
    users: JsonValue = [{"email": f"{name}@example.com"} for name in ("alice", "carol", "dave")]
    return {"auth": {"users": users}, "profiles": [alice, bob]}


def test_each_field_of_a_profile_may_change(
    platform: PlatformCluster, data_plane: Deployment, deploy: Callable[[Deployment], None]
) -> None:
    deploy(
        variation(
            data_plane,
            profile(
                owner="carol@example.com",
                contributors=[{"email": "dave@example.com", "role": "view"}],
                quota={"cpu": "32", "memory": "128Gi", "gpus": 2, "storage": "1Ti", "volumes": 5},
                artifacts_prefix="teams/alice",
            ),
        )
    )
    live = platform.laboratory.read(PROFILE)
    assert live["spec"]["owner"]["name"] == "carol@example.com"
    assert live["spec"]["resourceQuotaSpec"]["hard"]["requests.cpu"] == "32"

    deploy(data_plane)
    live = platform.laboratory.read(PROFILE)
    assert live["spec"]["owner"]["name"] == "alice@example.com"
    assert not (live["spec"].get("resourceQuotaSpec") or {}).get("hard")


def test_a_component_goes_and_comes_back(
    platform: PlatformCluster, data_plane: Deployment, deploy: Callable[[Deployment], None]
) -> None:
    katib = "/apis/apps/v1/namespaces/kubeflow/deployments/katib-controller"
    deploy(variation(data_plane, {"components": {"katib": False, "training_operator": True}}))
    assert not platform.laboratory.exists(katib)

    deploy(data_plane)
    assert platform.laboratory.exists(katib)


def test_another_version_of_kubernetes_is_deployed_over_this_one(
    platform: PlatformCluster, data_plane: Deployment, deploy: Callable[[Deployment], None]
) -> None:
    deploy(
        variation(
            data_plane,
            {"cluster": {**_cluster(data_plane), "kubernetes_version": "1.36"}},
        )
    )

    eks = platform.laboratory.client("eks")
    [name] = eks.list_clusters()["clusters"]
    assert eks.describe_cluster(name=name)["cluster"]["version"] == "1.36"


@pytest.mark.usefixtures("upstream_platform")
def test_an_aggregated_role_keeps_its_rules_through_a_deployment(
    platform: PlatformCluster,
) -> None:
    applied = {
        role["metadata"]["name"]: fields
        for role in platform.items(CLUSTER_ROLES)
        if "aggregationRule" in role and (fields := set(_own_fields(role)))
    }

    assert "kubeflow-edit" in applied
    assert [name for name, fields in applied.items() if "f:rules" in fields] == []


def test_nobody_else_writes_what_is_applied(platform: PlatformCluster) -> None:
    """Whoever wrote one of our fields meanwhile would be in conflict with a second apply.

    The handler forces its own; this asks without. Controllers that do not run here, and webhooks,
    cannot be seen to write.
    """
    manifests = [
        resource.properties["Manifest"]
        for stack in platform.laboratory.stacks()
        for resource in stack.resources.values()
        if resource.type == MANIFEST_TYPE
    ]
    conflicts = [
        line
        for manifest in manifests
        for line in platform.laboratory.kubectl(
            *("apply", "--server-side", "--force-conflicts=false", "--dry-run=server"),
            *("--filename", "-"),
            stdin=_as_list(manifest),
        ).stderr.splitlines()
        if "conflict" in line
    ]

    assert len(manifests) > 50
    assert conflicts == []


def _as_list(manifest: str) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": json.loads(manifest)})


def _own_fields(item: Object) -> Iterator[str]:
    for entry in item["metadata"].get("managedFields") or ():
        if entry["operation"] == "Apply" and entry["manager"] == OWN_MANAGER:
            yield from entry["fieldsV1"]


def _cluster(deployment: Deployment) -> dict[str, JsonValue]:
    given: dict[str, JsonValue] = deployment.cluster.model_dump(mode="json", exclude_unset=True)
    return given
