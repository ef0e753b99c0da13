"""Where the real scheduler puts the platform, and what users can do about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM
from localcloud.kubernetes.nodes import NODE_GROUP
from tests.platform.cluster import PODS, PROFILES, PlatformCluster, namespaced
from tests.support.waiting import eventually

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

NODES = "/api/v1/nodes"
SYSTEM_NODES = f"{NODES}?labelSelector={NODE_GROUP.replace('/', '%2F')}"


def test_every_pod_is_made_and_placed(platform: PlatformCluster) -> None:
    eventually(platform.incomplete)

    assert platform.unplaced() == []


def test_pods_waited_for_nothing_but_accounts_and_priority_classes(
    platform: PlatformCluster,
) -> None:
    for_others = [
        each
        for each in platform.complaints()
        if "serviceaccount" not in each and "PriorityClass" not in each
    ]

    assert for_others == []


def test_the_platform_runs_on_its_own_nodes_alone(platform: PlatformCluster) -> None:
    assert strangers_on(platform, system=False) == []


def test_a_restart_does_not_move_the_platform_to_users_nodes(platform: PlatformCluster) -> None:
    for namespace in ("kubeflow", "knative-serving", "istio-system"):
        done = platform.laboratory.kubectl(
            "rollout", "restart", "deployment", "--namespace", namespace
        )
        assert done.returncode == 0, done.stderr
    eventually(platform.incomplete)
    eventually(lambda: going(platform))

    assert strangers_on(platform, system=False) == []
    assert platform.unplaced() == []


@pytest.mark.parametrize(
    ("device", "node"),
    [(None, "cpu-0"), ("nvidia.com/gpu", "gpu-0"), ("aws.amazon.com/neuron", "neuron-0")],
)
def test_a_users_pod_runs_on_the_pool_of_its_device(
    platform: PlatformCluster, device: str | None, node: str
) -> None:
    """The toleration of a tainted pool is the API server's work: the pod names the device only."""
    name = f"needs-{node}"
    amounts = {device: "1"} if device else {"cpu": "100m"}
    pod: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "alice"},
        "spec": {
            "containers": [
                {"name": "main", "image": "main", "resources": {"limits": amounts}},
            ]
        },
    }
    path = f"/api/v1/namespaces/alice/pods/{name}"
    platform.create([pod])
    try:
        eventually(lambda: not platform.laboratory.read(path)["spec"].get("nodeName"))

        assert platform.laboratory.read(path)["spec"]["nodeName"] == node
    finally:
        platform.delete(path)


def test_users_pods_in_any_number_leave_the_platform_its_room(platform: PlatformCluster) -> None:
    with notebooks(platform, 60):
        eventually(lambda: unseen(platform))

        assert strangers_on(platform, system=True) == []
        with lost_system_node(platform):
            eventually(platform.incomplete)
            assert platform.unplaced(outside=PROFILES) == []


def test_the_platform_finds_room_after_a_node_is_lost(platform: PlatformCluster) -> None:
    with lost_system_node(platform):
        eventually(platform.incomplete)

        assert platform.unplaced() == []
        assert strangers_on(platform, system=False) == []


def strangers_on(platform: PlatformCluster, *, system: bool) -> list[str]:
    """Users' pods on the system nodes, or pods of the platform on users' nodes."""
    own = {
        node["metadata"]["name"]
        for node in platform.items(NODES)
        if node["metadata"]["labels"].get(NODE_GROUP_LABEL) == SYSTEM
    }
    return [
        namespaced(pod)
        for pod in platform.items(PODS)
        if pod["spec"].get("nodeName")
        and not any(o["kind"] == "DaemonSet" for o in pod["metadata"].get("ownerReferences") or ())
        and (pod["metadata"]["namespace"] in PROFILES) == system
        and (pod["spec"]["nodeName"] in own) == system
    ]


def going(platform: PlatformCluster) -> list[str]:
    return [
        namespaced(pod) for pod in platform.items(PODS) if "deletionTimestamp" in pod["metadata"]
    ]


def unseen(platform: PlatformCluster) -> list[str]:
    """Pods that the scheduler has not looked at yet."""
    return [each for each in platform.unplaced() if each.endswith("nobody looked yet")]


@contextmanager
def notebooks(platform: PlatformCluster, count: int) -> Iterator[None]:
    """As many pods as the spawner's default notebooks have."""
    labels = {"flood": "yes", "sidecar.istio.io/inject": "false"}
    flood: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "flood", "namespace": "alice"},
        "spec": {
            "replicas": count,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {
                    "containers": [
                        {
                            "name": "notebook",
                            "image": "jupyter",
                            "resources": {"requests": {"cpu": "500m", "memory": "1Gi"}},
                        }
                    ]
                },
            },
        },
    }
    platform.create([flood])
    try:
        eventually(
            lambda: (
                count
                - len(platform.items("/api/v1/namespaces/alice/pods?labelSelector=flood%3Dyes"))
            )
        )
        yield
    finally:
        platform.delete("/apis/apps/v1/namespaces/alice/deployments/flood")
        eventually(
            lambda: platform.items("/api/v1/namespaces/alice/pods?labelSelector=flood%3Dyes")
        )


@contextmanager
def lost_system_node(platform: PlatformCluster) -> Iterator[None]:
    """A node goes with all that ran on it, and comes back in the end."""
    node = platform.items(SYSTEM_NODES)[0]
    name = node["metadata"]["name"]
    platform.delete(f"{NODES}/{name}")
    eventually(
        lambda: [
            namespaced(pod) for pod in platform.items(PODS) if pod["spec"].get("nodeName") == name
        ]
    )
    try:
        yield
    finally:
        del node["metadata"]["resourceVersion"], node["metadata"]["uid"]
        # Items of a list do not say what they are.
        platform.create([{"apiVersion": "v1", "kind": "Node", **node}])
        eventually(platform.incomplete)
