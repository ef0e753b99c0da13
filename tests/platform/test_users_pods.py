"""A real API server keeps users' pods off the platform's nodes, whoever makes them."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM, SYSTEM_TAINT
from kubeflow_aws.rendering.placement import PRIORITY_CLASS, placed_pod
from kubeflow_aws.rendering.platform import Platform
from localcloud.kubernetes.nodes import Node, Taint, have_nodes
from tests.support.kubernetes import MERGE, Cluster, manifest, running_cluster
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

ROOM: Final = {"cpu": "4", "memory": "15Gi", "pods": "58"}
PROFILE: Final = "alice"
EVERYTHING: Final[dict[str, JsonValue]] = {"operator": "Exists"}


def pod(name: str, **spec: JsonValue) -> KubernetesObject:
    requests: JsonValue = {"cpu": "500m", "memory": "1Gi"}
    container: JsonValue = {"name": "main", "image": "main:1", "resources": {"requests": requests}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], **spec},
    }


def pods_of(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


@pytest.fixture(scope="module")
def cluster(
    control_plane: Path, sample_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A cluster with a profile, and pods of it that were there before the policy."""
    folder = tmp_path_factory.mktemp("users-pods")
    with running_cluster(folder, programs=control_plane) as cluster:
        for name, labels in (
            (PROFILE, {"app.kubernetes.io/part-of": "kubeflow-profile"}),
            ("kubeflow", {}),
        ):
            metadata = {"name": name, "labels": labels}
            cluster.done("POST", "/api/v1/namespaces", {"metadata": metadata})
            account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
            eventually(functools.partial(absent, cluster, account))
        cluster.done("POST", pods_of(PROFILE), pod("of-old", tolerations=[EVERYTHING]))
        [placement] = [
            one for one in sample_platform.components if one.component.name == "placement"
        ]
        cluster.kubectl("create", "-f", "-", stdin=manifest(*placement.objects))
        cluster.kubectl("create", "priorityclass", "users-own", "--value=999999")
        attack = pod("first", tolerations=[EVERYTHING])
        eventually(lambda: try_to_make(cluster, attack)[0] != 403)
        yield cluster


def absent(cluster: Cluster, path: str) -> str:
    return "" if cluster.exists(path) else path


def try_to_make(cluster: Cluster, item: KubernetesObject) -> tuple[int, dict[str, Any]]:
    """What the API says of a user's pod; it is not made."""
    return cluster.request("POST", f"{pods_of(PROFILE)}?dryRun=All", item)


HONEST: Final[dict[str, dict[str, JsonValue]]] = {
    "nothing said": {},
    "a taint of a pool": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]},
    "a taint of somebody else's": {"tolerations": [{"key": "dedicated", "value": "ml"}]},
    "what a DaemonSet's pods tolerate": {
        "tolerations": [
            {"key": f"node.kubernetes.io/{each}", "operator": "Exists"}
            for each in ("not-ready", "unreachable", "disk-pressure", "unschedulable")
        ]
    },
    "a device": {
        "containers": [
            {
                "name": "main",
                "image": "main:1",
                "resources": {"limits": {"aws.amazon.com/neuron": "1"}},
            }
        ]
    },
    "a class of users' own": {"priorityClassName": "users-own"},
}


@pytest.mark.parametrize("spec", HONEST.values(), ids=list(HONEST))
def test_honest_pods_are_admitted(spec: dict[str, JsonValue], cluster: Cluster) -> None:
    code, answer = try_to_make(cluster, pod("honest", **spec))

    assert code == 201, answer


ATTACKS: Final[dict[str, tuple[dict[str, JsonValue], str]]] = {
    "the taint by its key": (
        {"tolerations": [{"key": SYSTEM_TAINT, "operator": "Exists"}]},
        "spec.tolerations: a pod in a profile tolerates taints by their keys",
    ),
    "the taint by its value": (
        {"tolerations": [{"key": SYSTEM_TAINT, "value": "true", "effect": "NoSchedule"}]},
        "spec.tolerations: ",
    ),
    "every taint": ({"tolerations": [EVERYTHING]}, "spec.tolerations: "),
    "every taint of an effect": (
        {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]},
        "spec.tolerations: ",
    ),
    "every taint behind an honest one": (
        {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}, EVERYTHING]},
        "spec.tolerations: ",
    ),
    "a node by its name": ({"nodeName": "system-a"}, "spec.nodeName: the scheduler chooses"),
    "the platform's priority": (
        {"priorityClassName": PRIORITY_CLASS},
        "spec.priorityClassName: a pod in a profile has a priority below 1000000",
    ),
    "the priority of add-ons": (
        {"priorityClassName": "system-cluster-critical"},
        "spec.priorityClassName: ",
    ),
    "the priority of daemons": (
        {"priorityClassName": "system-node-critical"},
        "spec.priorityClassName: ",
    ),
}


@pytest.mark.parametrize(("spec", "sentence"), ATTACKS.values(), ids=list(ATTACKS))
def test_attacks_are_refused_with_a_sentence(
    spec: dict[str, JsonValue], sentence: str, cluster: Cluster
) -> None:
    code, answer = cluster.request("POST", pods_of(PROFILE), pod("attack", **spec))

    assert code == 403
    assert sentence in answer["message"]


@pytest.mark.parametrize("spec", [spec for spec, _ in ATTACKS.values()], ids=list(ATTACKS))
def test_the_platform_itself_may_do_all_of_it(spec: dict[str, JsonValue], cluster: Cluster) -> None:
    cluster.done("POST", f"{pods_of('kubeflow')}?dryRun=All", pod("platform", **spec))


def merge(cluster: Cluster, path: str, patch: Mapping[str, JsonValue]) -> None:
    cluster.done("PATCH", path, patch, content_type=MERGE)


def test_nobody_adds_a_toleration_to_a_pod_that_runs(cluster: Cluster) -> None:
    cluster.done("POST", pods_of(PROFILE), pod("running"))
    path = f"{pods_of(PROFILE)}/running"
    before: list[dict[str, Any]] = cluster.get(path)["spec"]["tolerations"]

    more = {"spec": {"tolerations": [*before, EVERYTHING]}}
    _, answer = cluster.request("PATCH", path, more, content_type=MERGE)
    assert "spec.tolerations: " in answer["message"]
    merge(cluster, path, {"metadata": {"labels": {"still": "mine"}}})


def test_a_pod_from_before_the_policy_can_be_changed_and_ended(cluster: Cluster) -> None:
    """A Job's pod has a finalizer, which its controller takes away by an update."""
    path = f"{pods_of(PROFILE)}/of-old"

    merge(cluster, path, {"metadata": {"finalizers": ["batch.kubernetes.io/job-tracking"]}})
    merge(cluster, path, {"metadata": {"finalizers": []}})
    cluster.done("DELETE", path)
    eventually(lambda: cluster.exists(path))


def test_a_controller_that_makes_such_pods_is_told_why(cluster: Cluster) -> None:
    labels = {"app": "it"}
    spec = {
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": pod("it", tolerations=[EVERYTHING])["spec"],
        },
    }
    daemons = f"/apis/apps/v1/namespaces/{PROFILE}/daemonsets"
    cluster.done("POST", daemons, {"metadata": {"name": "it"}, "spec": spec})
    have_pool_nodes(cluster, node("cpu-a", "cpu"))

    def told() -> list[str]:
        events = cluster.get(f"/api/v1/namespaces/{PROFILE}/events")["items"]
        return [each["message"] for each in events if "spec.tolerations: a pod" in each["message"]]

    eventually(lambda: not told())

    assert not cluster.get(f"{pods_of(PROFILE)}?labelSelector=app%3Dit")["items"]


def have_pool_nodes(cluster: Cluster, *nodes: Node) -> None:
    with cluster.client() as client:
        have_nodes(client, f"{NODE_GROUP_LABEL}=cpu", nodes)


def node(name: str, group: str, *taints: Taint) -> Node:
    return Node(
        name=name,
        instance_type="m7i.xlarge",
        zone="us-west-2a",
        labels={NODE_GROUP_LABEL: group},
        taints=taints,
        allocatable=ROOM,
    )


def test_notebooks_wait_for_a_pool_and_the_platform_stays(cluster: Cluster) -> None:
    """Eight default notebooks would fill a system node; and the platform would move to a pool."""
    taint = Taint(key=SYSTEM_TAINT, value="true", effect="NoSchedule")
    with cluster.client() as client:
        have_nodes(client, f"{NODE_GROUP_LABEL}={SYSTEM}", [node("system-a", SYSTEM, taint)])
    have_pool_nodes(cluster)
    for number in range(7):
        cluster.done("POST", pods_of(PROFILE), pod(f"notebook-{number}"))
    platform = pod("controller")
    platform["spec"] = placed_pod(platform["spec"], own_nodes=True)  # type: ignore[arg-type]
    cluster.done("POST", pods_of("kubeflow"), platform)

    def places(namespace: str) -> dict[str, str]:
        return {
            item["metadata"]["name"]: item["spec"].get("nodeName", "")
            for item in cluster.get(pods_of(namespace))["items"]
        }

    eventually(lambda: places("kubeflow").items() ^ {("controller", "system-a")})
    assert "system-a" not in places(PROFILE).values()

    have_pool_nodes(cluster, node("cpu-a", "cpu"))
    eventually(lambda: set(places(PROFILE).values()) - {"cpu-a"})
    assert cluster.get(f"{pods_of('kubeflow')}/controller")["spec"]["priority"] == 1_000_000
