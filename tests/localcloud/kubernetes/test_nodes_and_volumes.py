"""Nodes are those of their group; volumes come once a pod is placed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.kubernetes.nodes import NODE_GROUP, Taint, have_nodes
from tests.localcloud.kubernetes.objects import NODE
from tests.support.kubernetes import Cluster, Tree
from tests.support.waiting import eventually

OTHER = replace(NODE, name="other", labels={NODE_GROUP: "other"}, allocatable={"cpu": "0"})
SELECTOR = f"{NODE_GROUP}=other"
TAINT = Taint(key="tests.example/reserved", value="yes", effect="NoSchedule")


def names(cluster: Cluster) -> set[str]:
    return {item["metadata"]["name"] for item in cluster.get("/api/v1/nodes")["items"]}


def storage_class(name: str, mode: str) -> Tree:
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com",
        "reclaimPolicy": "Retain",
        "volumeBindingMode": mode,
    }


def claim(namespace: str, class_name: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "3Gi"}},
            "storageClassName": class_name,
        },
    }


def pod(namespace: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "user", "namespace": namespace},
        "spec": {
            "containers": [{"name": "c", "image": "i"}],
            "volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}],
        },
    }


def claim_path(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/data"


def test_the_nodes_of_a_group_come_change_and_go(cluster: Cluster) -> None:
    labels = {**OTHER.labels, "new": "label"}
    changed = replace(OTHER, taints=[TAINT], labels=labels, allocatable={"cpu": "1"})
    with cluster.client() as client:
        have_nodes(client, SELECTOR, [OTHER, replace(OTHER, name="third")])
        assert names(cluster) == {NODE.name, "other", "third"}

        cluster.kubectl("wait", "--for=condition=Ready", "node/other", "--timeout=20s")
        assert cluster.get("/api/v1/nodes/other")["status"]["allocatable"] == {"cpu": "0"}

        have_nodes(client, SELECTOR, [changed])
        eventually(lambda: names(cluster) ^ {NODE.name, "other"})
        item = cluster.get("/api/v1/nodes/other")
        assert item["metadata"]["labels"]["new"] == "label"
        assert item["status"]["allocatable"]["cpu"] == "1"
        assert TAINT.key in {taint["key"] for taint in item["spec"]["taints"]}

        have_nodes(client, SELECTOR, [])
        eventually(lambda: names(cluster) ^ {NODE.name})


def test_a_pod_is_placed_where_there_is_room_only(real: Cluster, namespace: str) -> None:
    item = pod(namespace)
    del item["spec"]["volumes"]
    item["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1000"}}
    real.apply(item)
    path = f"/api/v1/namespaces/{namespace}/pods/user"

    def refused() -> list[Tree]:
        conditions = real.get(path)["status"].get("conditions", [])
        return [each for each in conditions if each.get("reason") == "Unschedulable"]

    eventually(lambda: not refused())
    assert "Insufficient cpu" in refused()[0]["message"]
    real.done("DELETE", path)


def test_a_claim_is_bound(cluster: Cluster, namespace: str) -> None:
    cluster.apply(storage_class("at-once", "Immediate"), claim(namespace, "at-once"))
    condition = "--for=jsonpath={.status.phase}=Bound"
    cluster.kubectl("-n", namespace, "wait", condition, "pvc/data", "--timeout=20s")
    assert cluster.get(claim_path(namespace))["status"]["capacity"] == {"storage": "3Gi"}


def test_a_claim_that_waits_for_its_pod_is_bound_once_that_is_placed(
    real: Cluster, namespace: str
) -> None:
    real.apply(storage_class("later", "WaitForFirstConsumer"), claim(namespace, "later"))
    events = f"/api/v1/namespaces/{namespace}/events?fieldSelector=reason%3DWaitForFirstConsumer"
    eventually(lambda: not real.get(events)["items"])
    assert real.get(claim_path(namespace))["status"]["phase"] == "Pending"

    real.apply(pod(namespace))
    condition = "--for=jsonpath={.status.phase}=Bound"
    real.kubectl("-n", namespace, "wait", condition, "pvc/data", "--timeout=20s")
    real.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/user", "--timeout=20s")
    name = real.get(claim_path(namespace))["spec"]["volumeName"]
    spec = real.get(f"/api/v1/persistentvolumes/{name}")["spec"]
    assert spec["csi"]["driver"] == "ebs.csi.aws.com"
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"


@pytest.mark.parametrize("provisioner", ["kubernetes.io/no-provisioner"])
def test_a_class_without_a_provisioner_makes_no_volume(
    real: Cluster, namespace: str, provisioner: str
) -> None:
    before = len(real.get("/api/v1/persistentvolumes")["items"])
    by_hand = {**storage_class("by-hand", "Immediate"), "provisioner": provisioner}
    real.apply(by_hand, claim(namespace, "by-hand"))
    # What is looked at after it has come, so it has been looked at.
    second = claim(namespace, "at-once")
    second["metadata"]["name"] = "second"
    real.apply(storage_class("at-once", "Immediate"), second)
    condition = "--for=jsonpath={.status.phase}=Bound"
    real.kubectl("-n", namespace, "wait", condition, "pvc/second", "--timeout=20s")
    assert real.get(claim_path(namespace))["status"]["phase"] == "Pending"
    assert len(real.get("/api/v1/persistentvolumes")["items"]) == before + 1
