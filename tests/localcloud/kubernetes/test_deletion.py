"""Deletion: finalizers hold, owners and namespaces take theirs with them."""

from __future__ import annotations

import pytest

from tests.localcloud.kubernetes.cluster import MERGE, Cluster, Tree, config_map, manifest, owned

HOLD = "tests.example/hold"


def configs(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}".rstrip("/")


def create(cluster: Cluster, item: Tree) -> Tree:
    made = cluster.done("POST", configs(item["metadata"]["namespace"]), item)
    return {"apiVersion": "v1", "kind": "ConfigMap", **made}


def held(name: str, namespace: str) -> Tree:
    item = config_map(name, namespace)
    return {**item, "metadata": {**item["metadata"], "finalizers": [HOLD]}}


def release(cluster: Cluster, path: str) -> None:
    cluster.done("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE)


def test_kubectl_deletes_and_waits(cluster: Cluster, namespace: str) -> None:
    create(cluster, config_map("one", namespace))
    answer = cluster.kubectl("-n", namespace, "delete", "cm/one", "--wait")
    assert 'configmap "one" deleted' in answer
    assert not cluster.exists(configs(namespace, "one"))
    assert "NotFound" in cluster.refusal("-n", namespace, "delete", "cm/one")
    cluster.kubectl("-n", namespace, "delete", "cm/one", "--ignore-not-found")


def test_a_finalizer_holds_an_object_until_it_goes(cluster: Cluster, namespace: str) -> None:
    create(cluster, held("one", namespace))
    path = configs(namespace, "one")
    cluster.done("DELETE", path)
    assert cluster.get(path)["metadata"]["deletionTimestamp"]
    assert "timed out" in cluster.refusal(
        "-n", namespace, "wait", "--for=delete", "cm/one", "--timeout=1s"
    )
    release(cluster, path)
    assert not cluster.exists(path)


def test_an_object_that_is_on_its_way_out_cannot_be_held_anew(
    cluster: Cluster, namespace: str
) -> None:
    create(cluster, held("one", namespace))
    path = configs(namespace, "one")
    cluster.done("DELETE", path)
    patch = {"metadata": {"finalizers": [HOLD, "tests.example/late"]}}
    code, answer = cluster.request("PATCH", path, patch, content_type=MERGE)
    assert code == 422
    assert "no new finalizers can be added" in answer["message"]
    release(cluster, path)


def test_a_precondition_guards_a_deletion(cluster: Cluster, namespace: str) -> None:
    create(cluster, config_map("one", namespace))
    path = configs(namespace, "one")
    code, answer = cluster.request("DELETE", path, {"preconditions": {"uid": "other"}})
    assert (code, answer["reason"]) == (409, "Conflict")
    uid = cluster.get(path)["metadata"]["uid"]
    cluster.done("DELETE", path, {"preconditions": {"uid": uid}})
    assert not cluster.exists(path)


def test_a_collection_is_deleted_by_its_labels(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b"):
        item = config_map(name, namespace)
        item["metadata"]["labels"] = {"name": name}
        create(cluster, item)
    cluster.done("DELETE", f"{configs(namespace)}?labelSelector=name%3Da")
    assert not cluster.exists(configs(namespace, "a"))
    assert cluster.exists(configs(namespace, "b"))


def test_what_is_owned_goes_with_its_last_owner(cluster: Cluster, namespace: str) -> None:
    owner = create(cluster, config_map("owner", namespace))
    other = create(cluster, config_map("other", namespace))
    create(cluster, owned(config_map("child", namespace), owner))
    shared = owned(config_map("shared", namespace), owner)
    shared["metadata"]["ownerReferences"] += owned({"metadata": {}}, other)["metadata"][
        "ownerReferences"
    ]
    create(cluster, shared)
    cluster.done("DELETE", configs(namespace, "owner"))
    cluster.eventually(lambda: not cluster.exists(configs(namespace, "child")))
    assert cluster.exists(configs(namespace, "shared"))
    cluster.done("DELETE", configs(namespace, "other"))
    cluster.eventually(lambda: not cluster.exists(configs(namespace, "shared")))


def test_an_owner_that_never_was_is_no_owner(cluster: Cluster, namespace: str) -> None:
    nobody: Tree = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "nobody", "uid": "11111111-1111-1111-1111-111111111111"},
    }
    create(cluster, owned(config_map("child", namespace), nobody))
    cluster.eventually(lambda: not cluster.exists(configs(namespace, "child")))


def test_a_foreground_deletion_waits_for_what_is_owned(cluster: Cluster, namespace: str) -> None:
    owner = create(cluster, config_map("owner", namespace))
    create(cluster, owned(held("child", namespace), owner))
    path = configs(namespace, "owner")
    cluster.done("DELETE", path, {"propagationPolicy": "Foreground"})
    assert cluster.get(path)["metadata"]["finalizers"] == ["foregroundDeletion"]
    child = configs(namespace, "child")
    cluster.eventually(lambda: "deletionTimestamp" in cluster.get(child)["metadata"])
    assert cluster.exists(path)
    release(cluster, child)
    cluster.eventually(lambda: not cluster.exists(path))


def test_orphans_stay(cluster: Cluster, namespace: str) -> None:
    owner = create(cluster, config_map("owner", namespace))
    create(cluster, owned(config_map("child", namespace), owner))
    cluster.kubectl("-n", namespace, "delete", "cm/owner", "--cascade=orphan")
    assert not cluster.exists(configs(namespace, "owner"))
    assert "ownerReferences" not in cluster.get(configs(namespace, "child"))["metadata"]


def test_a_namespace_takes_its_content_with_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    create(cluster, config_map("one", namespace))
    create(cluster, held("held", namespace))
    path = f"/api/v1/namespaces/{namespace}"
    cluster.done("DELETE", path)
    assert cluster.get(path)["status"]["phase"] == "Terminating"
    cluster.eventually(lambda: not cluster.exists(configs(namespace, "one")))
    refusal = cluster.refusal("create", "-f", "-", stdin=manifest(config_map("x", namespace)))
    assert "because it is being terminated" in refusal
    # What is there can still change: else no finalizer would ever go.
    release(cluster, configs(namespace, "held"))
    cluster.eventually(lambda: not cluster.exists(path))
    cluster.done("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    assert "one" not in {
        item["metadata"]["name"] for item in cluster.get(configs(namespace))["items"]
    }


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_namespaces_of_the_system_stay(cluster: Cluster, name: str) -> None:
    code, answer = cluster.request("DELETE", f"/api/v1/namespaces/{name}")
    assert (code, answer["reason"]) == (403, "Forbidden")
