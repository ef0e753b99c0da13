"""An ordinary day in a profile, on a real API server: what each of its people may do there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
import yaml

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.rendering.platform import Platform
from tests.platform.reviews import may
from tests.platform.tenancy import CODE, KFAM, have_people, person
from tests.support.kubernetes import MERGE, Cluster, Tree

pytestmark = pytest.mark.platform

DAY: Final[dict[str, Tree]] = yaml.safe_load(
    (Path(__file__).parent / "honest-use.yaml").read_text(encoding="utf-8")
)
RBAC: Final = "rbac.authorization.k8s.io"

RUNS: Final = [
    f"{each}.pipelines.kubeflow.org" for each in ("experiments", "jobs", "pipelines", "runs")
]
"""What Pipelines' API server asks about, before it makes or shows anything
(kubeflow/pipelines 2.17.0, backend/src/apiserver/common/const.go)."""


@pytest.fixture(scope="module")
def profile(governed: Cluster, upstream_platform: Platform) -> str:
    """A namespace with everybody, and the kinds of the day."""
    kinds = {(item["apiVersion"].partition("/")[0], item["kind"]) for item in DAY.values()}
    kinds.add(("security.istio.io", "AuthorizationPolicy"))
    for item in upstream_platform.objects:
        spec = item.get("spec")
        if item["kind"] == "CustomResourceDefinition" and isinstance(spec, dict):
            names = spec["names"]
            assert isinstance(names, dict)
            if (spec["group"], names["kind"]) in kinds:
                governed.define(dict(item))
    name = governed.namespace()
    label = {"metadata": {"labels": dict(NAMESPACE_LABELS)}}
    governed.done("PATCH", f"/api/v1/namespaces/{name}", label, content_type=MERGE)
    have_people(governed, name)
    return name


def makes(cluster: Cluster, item: Tree, namespace: str, user: str) -> tuple[int, Tree]:
    """What the API says when somebody makes it; nothing is made."""
    collection = cluster.address_of(item, namespace).rpartition("/")[0]
    return cluster.request("POST", f"{collection}?dryRun=All", item, user=user)


@pytest.mark.parametrize("user", [person("owner"), person("edit"), CODE])
@pytest.mark.parametrize("thing", DAY)
def test_whoever_may_edit_makes_it(thing: str, user: str, governed: Cluster, profile: str) -> None:
    code, answer = makes(governed, DAY[thing], profile, user)

    assert code == 201, answer


@pytest.mark.parametrize("thing", DAY)
def test_whoever_may_look_sees_it_and_makes_none(
    thing: str, governed: Cluster, profile: str
) -> None:
    address = governed.address_of(DAY[thing], profile).rpartition("/")[0]

    assert governed.request("GET", address, user=person("view"))[0] == 200
    code, answer = makes(governed, DAY[thing], profile, person("view"))
    assert code == 403
    assert "cannot create resource" in answer["message"]


@pytest.mark.parametrize("resource", RUNS)
def test_pipelines_are_run_by_editors_and_seen_by_all(
    resource: str, governed: Cluster, profile: str
) -> None:
    for role in ("owner", "edit", "view"):
        assert may(governed, person(role), "list", resource, profile)
        creates = may(governed, person(role), "create", resource, profile)
        assert creates == (role != "view")


@pytest.mark.parametrize("resource", RUNS)
def test_a_stranger_sees_none(resource: str, governed: Cluster, profile: str) -> None:
    assert not may(governed, "bob@example.com", "list", resource, profile)


def sharing() -> list[Tree]:
    """What the dashboard's "Manage contributors" makes.

    As kubeflow/dashboard 2.0 does, components/access-management/kfam/bindings.go.
    """
    name = "user-bob-example-com-clusterrole-edit"
    annotations = {"role": "edit", "user": "bob@example.com"}
    principal = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
    return [
        {
            "apiVersion": f"{RBAC}/v1",
            "kind": "RoleBinding",
            "metadata": {"name": name, "annotations": annotations},
            "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "kubeflow-edit"},
            "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "bob@example.com"}],
        },
        {
            "apiVersion": "security.istio.io/v1beta1",
            "kind": "AuthorizationPolicy",
            "metadata": {"name": name, "annotations": annotations},
            "spec": {
                "rules": [
                    {
                        "from": [{"source": {"principals": [principal]}}],
                        "when": [
                            {
                                "key": "request.headers[kubeflow-userid]",
                                "values": ["bob@example.com"],
                            }
                        ],
                    }
                ]
            },
        },
    ]


def test_an_owner_shares_by_the_dashboard(governed: Cluster, profile: str) -> None:
    for item in sharing():
        code, answer = makes(governed, item, profile, KFAM)
        assert code == 201, answer


@pytest.mark.parametrize("by", [person("edit"), person("view"), CODE])
def test_nobody_else_shares(by: str, governed: Cluster, profile: str) -> None:
    for item in sharing():
        code, answer = makes(governed, item, profile, by)
        assert code == 403, metadata(item)
        assert "cannot create resource" in answer["message"]
