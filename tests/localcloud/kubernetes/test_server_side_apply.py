"""Server-side apply: managers own fields, take them, and give them up."""

from __future__ import annotations

from typing import Any

from tests.localcloud.kubernetes.cluster import (
    APPLY,
    MERGE,
    Cluster,
    Tree,
    config_map,
    deployment,
    manifest,
)


def path_of(item: Tree) -> str:
    metadata = item["metadata"]
    base = "/api/v1" if item["apiVersion"] == "v1" else f"/apis/{item['apiVersion']}"
    plural = f"{item['kind'].lower()}s"
    return f"{base}/namespaces/{metadata['namespace']}/{plural}/{metadata['name']}"


def apply(cluster: Cluster, item: Tree, manager: str, *, force: bool = False) -> tuple[int, Tree]:
    query = f"fieldManager={manager}&force={str(force).lower()}&fieldValidation=Strict"
    return cluster.request("PATCH", f"{path_of(item)}?{query}", item, content_type=APPLY)


def owners(item: Tree) -> dict[str, Any]:
    return {entry["manager"]: entry["fieldsV1"] for entry in item["metadata"]["managedFields"]}


def test_an_apply_creates_and_notes_who_owns_what(cluster: Cluster, namespace: str) -> None:
    code, made = apply(cluster, config_map("one", namespace, a="1"), "alice")
    assert code == 201
    [entry] = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"], entry["apiVersion"]) == ("alice", "Apply", "v1")
    assert entry["fieldsV1"] == {"f:data": {"f:a": {}}}
    code, again = apply(cluster, config_map("one", namespace, a="1"), "alice")
    assert code == 200
    assert again["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


def test_what_a_manager_leaves_out_goes(cluster: Cluster, namespace: str) -> None:
    apply(cluster, config_map("one", namespace, a="1", b="2"), "alice")
    apply(cluster, config_map("one", namespace, c="3"), "bob")
    _, after = apply(cluster, config_map("one", namespace, a="1"), "alice")
    assert after["data"] == {"a": "1", "c": "3"}


def test_what_two_managers_own_goes_with_the_second(cluster: Cluster, namespace: str) -> None:
    for manager in ("alice", "bob"):
        apply(cluster, config_map("one", namespace, a="1", b="2"), manager)
    _, after = apply(cluster, config_map("one", namespace, a="1"), "alice")
    assert after["data"] == {"a": "1", "b": "2"}
    _, after = apply(cluster, config_map("one", namespace, a="1"), "bob")
    assert after["data"] == {"a": "1"}


def test_what_nobody_applied_stays(cluster: Cluster, namespace: str) -> None:
    item = config_map("one", namespace, a="1")
    apply(cluster, item, "alice")
    cluster.done("PATCH", path_of(item), {"data": {"x": "9"}}, content_type=MERGE)
    _, after = apply(cluster, config_map("one", namespace, b="2"), "alice")
    assert after["data"] == {"b": "2", "x": "9"}


def test_a_field_of_another_manager_is_a_conflict(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace, image="one")
    apply(cluster, item, "alice")
    other = deployment("web", namespace, image="two")
    code, answer = apply(cluster, other, "bob")
    assert (code, answer["reason"]) == (409, "Conflict")
    [cause] = answer["details"]["causes"]
    assert cause == {
        "reason": "FieldManagerConflict",
        "message": 'conflict with "alice"',
        "field": '.spec.template.spec.containers[name="main"].image',
    }
    refusal = cluster.refusal(
        "apply", "--server-side", "--field-manager=bob", "-f", "-", stdin=manifest(other)
    )
    assert 'Apply failed with 1 conflict: conflict with "alice"' in refusal
    assert '.spec.template.spec.containers[name="main"].image' in refusal


def test_force_takes_a_field_from_its_owner(cluster: Cluster, namespace: str) -> None:
    apply(cluster, config_map("one", namespace, a="1", b="2"), "alice")
    code, after = apply(cluster, config_map("one", namespace, a="9"), "bob", force=True)
    assert code == 200
    assert after["data"] == {"a": "9", "b": "2"}
    assert owners(after) == {
        "alice": {"f:data": {"f:b": {}}},
        "bob": {"f:data": {"f:a": {}}},
    }
    # The field is no longer alice's, so it does not go when alice leaves it out.
    _, after = apply(cluster, config_map("one", namespace, b="2"), "alice")
    assert after["data"] == {"a": "9", "b": "2"}


def test_the_same_value_is_no_conflict_but_shared(cluster: Cluster, namespace: str) -> None:
    apply(cluster, config_map("one", namespace, a="1"), "alice")
    code, after = apply(cluster, config_map("one", namespace, a="1"), "bob")
    assert code == 200
    assert set(owners(after)) == {"alice", "bob"}


def test_an_update_takes_fields_from_who_applied_them(cluster: Cluster, namespace: str) -> None:
    item = config_map("one", namespace, a="1")
    apply(cluster, item, "alice")
    patch = {"data": {"a": "2"}}
    cluster.done("PATCH", f"{path_of(item)}?fieldManager=hand", patch, content_type=MERGE)
    code, answer = apply(cluster, item, "alice")
    assert code == 409
    assert 'conflict with "hand"' in answer["message"]


def test_items_of_lists_with_keys_have_owners_of_their_own(
    cluster: Cluster, namespace: str
) -> None:
    item = deployment("web", namespace)
    apply(cluster, item, "alice")
    side = {"name": "side", "image": "s", "env": [{"name": "A", "value": "1"}]}
    other: Tree = {
        **{key: item[key] for key in ("apiVersion", "kind", "metadata")},
        "spec": {"template": {"spec": {"containers": [side]}}},
    }
    code, after = apply(cluster, other, "bob")
    assert code == 200, after
    containers = after["spec"]["template"]["spec"]["containers"]
    assert [entry["name"] for entry in containers] == ["main", "side"]
    del other["spec"]
    _, after = apply(cluster, other, "bob")
    containers = after["spec"]["template"]["spec"]["containers"]
    assert [entry["name"] for entry in containers] == ["main"]


def test_an_environment_variable_that_is_left_out_goes(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    [container] = item["spec"]["template"]["spec"]["containers"]
    container["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    apply(cluster, item, "alice")
    container["env"] = [{"name": "B", "value": "3"}]
    _, after = apply(cluster, item, "alice")
    [container] = after["spec"]["template"]["spec"]["containers"]
    assert container["env"] == [{"name": "B", "value": "3"}]


def test_the_ports_of_a_service_are_told_apart_by_protocol(
    cluster: Cluster, namespace: str
) -> None:
    ports = [
        {"name": "dns-tcp", "port": 53, "protocol": "TCP"},
        {"name": "dns", "port": 53, "protocol": "UDP"},
    ]
    item: Tree = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "dns", "namespace": namespace},
        "spec": {"ports": ports},
    }
    for _ in range(2):
        code, after = apply(cluster, item, "alice")
        assert code in {200, 201}, after
    assert [port["protocol"] for port in after["spec"]["ports"]] == ["TCP", "UDP"]


def test_sets_and_labels_are_merged(cluster: Cluster, namespace: str) -> None:
    for manager, name in (("alice", "a.example/x"), ("bob", "b.example/y")):
        item = config_map("one", namespace)
        item["metadata"] |= {"finalizers": [name], "labels": {manager: "was-here"}}
        del item["data"]
        code, after = apply(cluster, item, manager)
        assert code in {200, 201}, after
    assert after["metadata"]["finalizers"] == ["a.example/x", "b.example/y"]
    assert after["metadata"]["labels"] == {"alice": "was-here", "bob": "was-here"}
    item["metadata"] |= {"finalizers": [], "labels": {}}
    _, after = apply(cluster, item, "bob")
    assert after["metadata"]["finalizers"] == ["a.example/x"]
    cluster.done("PATCH", path_of(item), {"metadata": {"finalizers": None}}, content_type=MERGE)


def test_an_atomic_list_is_replaced_as_a_whole(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    [container] = item["spec"]["template"]["spec"]["containers"]
    container["args"] = ["a", "b"]
    apply(cluster, item, "alice")
    container["args"] = ["c"]
    _, after = apply(cluster, item, "alice")
    assert after["spec"]["template"]["spec"]["containers"][0]["args"] == ["c"]


def test_who_applied_at_the_client_can_go_over_to_the_server(
    cluster: Cluster, namespace: str
) -> None:
    cluster.kubectl("apply", "-f", "-", stdin=manifest(config_map("one", namespace, a="1", b="2")))
    text = manifest(config_map("one", namespace, a="9"))
    cluster.kubectl("apply", "--server-side", "-f", "-", stdin=text)
    assert cluster.get(path_of(config_map("one", namespace)))["data"] == {"a": "9"}


def test_a_force_apply_by_kubectl_is_idempotent(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    cluster.apply(item)
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=30s")
    before = cluster.get(path_of(item))["metadata"]["resourceVersion"]
    cluster.apply(item)
    assert cluster.get(path_of(item))["metadata"]["resourceVersion"] == before
