"""Objects of built-in kinds: made, changed, found and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.localcloud.kubernetes.cluster import (
    JSON_PATCH,
    MERGE,
    STRATEGIC,
    Cluster,
    config_map,
    deployment,
    manifest,
)


def configs(namespace: str, name: str = "") -> str:
    return f"/api/v1/namespaces/{namespace}/configmaps/{name}".rstrip("/")


def deployments(namespace: str, name: str = "") -> str:
    return f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}".rstrip("/")


def test_an_object_is_created_once(cluster: Cluster, namespace: str) -> None:
    text = manifest(config_map("one", namespace, a="1"))
    assert cluster.kubectl("create", "-f", "-", stdin=text) == "configmap/one created\n"
    assert "AlreadyExists" in cluster.refusal("create", "-f", "-", stdin=text)
    metadata = cluster.get(configs(namespace, "one"))["metadata"]
    assert metadata["uid"]
    assert int(metadata["resourceVersion"])
    assert metadata["creationTimestamp"].endswith("Z")


def test_kubectl_makes_simple_objects_from_its_command_line(cluster: Cluster) -> None:
    name = "by-command"
    cluster.kubectl("create", "namespace", name)
    cluster.kubectl("-n", name, "create", "configmap", "settings", "--from-literal=a=b")
    cluster.kubectl("-n", name, "create", "secret", "generic", "key", "--from-literal=k=hidden")
    cluster.kubectl("-n", name, "create", "serviceaccount", "robot")
    assert cluster.get(configs(name, "settings"))["data"] == {"a": "b"}
    secret = cluster.get(f"/api/v1/namespaces/{name}/secrets/key")
    assert (secret["type"], secret["data"]) == ("Opaque", {"k": "aGlkZGVu"})
    assert cluster.exists(f"/api/v1/namespaces/{name}/serviceaccounts/robot")


def test_a_client_side_apply_merges_lists_by_their_keys(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    item["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "s"})
    cluster.kubectl("apply", "-f", "-", stdin=manifest(item))
    # Somebody else sets a field that the next apply says nothing about.
    container = {"name": "main", "workingDir": "/here"}
    patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
    cluster.done("PATCH", deployments(namespace, "web"), patch, content_type=STRATEGIC)
    item["spec"]["template"]["spec"]["containers"] = [{"name": "main", "image": "two"}]
    answer = cluster.kubectl("apply", "-f", "-", stdin=manifest(item))
    assert answer == "deployment.apps/web configured\n"
    [container] = cluster.get(deployments(namespace, "web"))["spec"]["template"]["spec"][
        "containers"
    ]
    assert (container["image"], container["workingDir"]) == ("two", "/here")
    again = cluster.kubectl("apply", "-f", "-", stdin=manifest(item))
    assert again == "deployment.apps/web unchanged\n"


def test_an_unknown_field_is_refused(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    item["spec"]["replica"] = 3
    for mode in ([], ["--server-side"]):
        refusal = cluster.refusal("apply", *mode, "-f", "-", stdin=manifest(item))
        assert "unknown field" in refusal or "field not declared in schema" in refusal, refusal
        assert "spec.replica" in refusal
    assert not cluster.exists(deployments(namespace, "web"))


def test_an_unknown_field_is_dropped_if_nobody_asks_for_strictness(
    cluster: Cluster, namespace: str
) -> None:
    item = {**config_map("loose", namespace, a="1"), "datas": {}}
    made = cluster.done("POST", configs(namespace), item)
    assert made["data"] == {"a": "1"}
    assert "datas" not in made


@pytest.mark.parametrize(
    ("field", "value"),
    [
        (["spec", "replicas"], "many"),
        (["spec", "template", "spec", "containers"], {}),
        (["metadata", "labels"], {"a": 1}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused(
    cluster: Cluster, namespace: str, field: list[str], value: object
) -> None:
    item = deployment("web", namespace)
    place = item
    for name in field[:-1]:
        place = place[name]
    place[field[-1]] = value
    code, answer = cluster.request("POST", deployments(namespace), item)
    assert code in {400, 422}, answer
    assert not cluster.exists(deployments(namespace, "web"))


def test_a_missing_field_is_named(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    del item["spec"]["selector"]
    code, answer = cluster.request("POST", deployments(namespace), item)
    assert code == 422
    assert answer["reason"] == "Invalid"
    assert "spec.selector: Required value" in answer["message"]


def test_a_name_that_is_no_name_is_refused(cluster: Cluster, namespace: str) -> None:
    code, answer = cluster.request("POST", configs(namespace), config_map("Big_Name", namespace))
    assert code == 422
    assert "metadata.name: Invalid value" in answer["message"]


def test_a_selector_cannot_change(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace))
    other = {"matchLabels": {"app": "web", "more": "x"}}
    template = {"metadata": {"labels": {"app": "web", "more": "x"}}}
    code, answer = cluster.request(
        "PATCH",
        deployments(namespace, "web"),
        {"spec": {"selector": other, "template": template}},
        content_type=MERGE,
    )
    assert code == 422
    assert "spec.selector" in answer["message"]
    assert "field is immutable" in answer["message"]


def test_nothing_is_created_in_a_namespace_that_is_missing(cluster: Cluster) -> None:
    text = manifest(config_map("one", "nowhere"))
    for mode in (["create"], ["apply"], ["apply", "--server-side"]):
        refusal = cluster.refusal(*mode, "-f", "-", stdin=text)
        assert 'namespaces "nowhere" not found' in refusal


def test_a_kind_that_nobody_defined_is_told_by_kubectl(cluster: Cluster, namespace: str) -> None:
    item = {"apiVersion": "no.example/v1", "kind": "Thing", "metadata": {"name": "x"}}
    refusal = cluster.refusal("apply", "-n", namespace, "-f", "-", stdin=manifest(item))
    assert 'no matches for kind "Thing" in version "no.example/v1"' in refusal
    assert "ensure CRDs are installed first" in refusal


def test_objects_are_found_by_labels(cluster: Cluster, namespace: str) -> None:
    for name, labels in (("a", {"tier": "web"}), ("b", {"tier": "db", "old": ""}), ("c", {})):
        item = config_map(name, namespace)
        item["metadata"]["labels"] = labels
        cluster.done("POST", configs(namespace), item)

    def found(selector: str) -> list[str]:
        text = cluster.kubectl("-n", namespace, "get", "cm", "-l", selector, "-o", "name")
        return [line.removeprefix("configmap/") for line in text.split()]

    assert found("tier=web") == ["a"]
    assert found("tier") == ["a", "b"]
    assert "c" in found("!tier")
    assert found("tier in (web,db),!old") == ["a"]
    assert found("tier,tier!=web") == ["b"]
    assert found("tier,tier notin (web)") == ["b"]


def test_objects_are_found_by_fields(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b"):
        cluster.done("POST", configs(namespace), config_map(name, namespace))
    names = [
        item["metadata"]["name"]
        for item in cluster.get(f"{configs(namespace)}?fieldSelector=metadata.name%3Db")["items"]
    ]
    assert names == ["b"]


def test_kubectl_prints_what_a_json_path_names(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace, image="registry/web:1"))
    path = "jsonpath={.spec.template.spec.containers[0].image}"
    assert cluster.kubectl("-n", namespace, "get", "deploy/web", "-o", path) == "registry/web:1"


def test_kubectl_prints_a_table(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace, replicas=2))
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=30s")
    heading, row = cluster.kubectl("-n", namespace, "get", "deploy").splitlines()
    assert heading.split() == ["NAME", "READY", "UP-TO-DATE", "AVAILABLE", "AGE"]
    assert row.split()[:4] == ["web", "2/2", "2", "2"]


@pytest.mark.parametrize(
    ("content_type", "patch"),
    [
        (MERGE, {"data": {"a": None, "b": "2"}}),
        (STRATEGIC, {"data": {"a": None, "b": "2"}}),
        (
            JSON_PATCH,
            [
                {"op": "remove", "path": "/data/a"},
                {"op": "add", "path": "/data/b", "value": "2"},
            ],
        ),
    ],
)
def test_a_patch_changes_what_it_names(
    cluster: Cluster, namespace: str, content_type: str, patch: object
) -> None:
    cluster.done("POST", configs(namespace), config_map("one", namespace, a="1", c="3"))
    cluster.done("PATCH", configs(namespace, "one"), patch, content_type=content_type)
    assert cluster.get(configs(namespace, "one"))["data"] == {"b": "2", "c": "3"}


def test_a_json_patch_whose_test_fails_changes_nothing(cluster: Cluster, namespace: str) -> None:
    cluster.done("POST", configs(namespace), config_map("one", namespace, a="1"))
    patch = [
        {"op": "test", "path": "/data/a", "value": "9"},
        {"op": "remove", "path": "/data/a"},
    ]
    code, _ = cluster.request("PATCH", configs(namespace, "one"), patch, content_type=JSON_PATCH)
    assert code == 422
    assert cluster.get(configs(namespace, "one"))["data"] == {"a": "1"}


def test_a_strategic_patch_deletes_an_item_by_its_key(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    item["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "s"})
    cluster.done("POST", deployments(namespace), item)
    gone = {"name": "side", "$patch": "delete"}
    patch = {"spec": {"template": {"spec": {"containers": [gone]}}}}
    done = cluster.done("PATCH", deployments(namespace, "web"), patch, content_type=STRATEGIC)
    names = [entry["name"] for entry in done["spec"]["template"]["spec"]["containers"]]
    assert names == ["main"]


def test_who_writes_what_has_changed_meanwhile_gets_a_conflict(
    cluster: Cluster, namespace: str
) -> None:
    old = cluster.done("POST", configs(namespace), config_map("one", namespace, a="1"))
    cluster.done("PUT", configs(namespace, "one"), {**old, "data": {"a": "2"}})
    code, answer = cluster.request("PUT", configs(namespace, "one"), {**old, "data": {"a": "3"}})
    assert (code, answer["reason"]) == (409, "Conflict")
    assert cluster.get(configs(namespace, "one"))["data"] == {"a": "2"}


def test_a_dry_run_changes_nothing(cluster: Cluster, namespace: str) -> None:
    text = manifest(config_map("one", namespace, a="1"))
    for mode in ([], ["--server-side"]):
        answer = cluster.kubectl("apply", *mode, "--dry-run=server", "-f", "-", stdin=text)
        assert "(server dry run)" in answer
    assert not cluster.exists(configs(namespace, "one"))
    cluster.kubectl("apply", "-f", "-", stdin=text)
    cluster.kubectl("-n", namespace, "delete", "cm/one", "--dry-run=server")
    assert cluster.get(configs(namespace, "one"))["data"] == {"a": "1"}


def test_the_generation_counts_changes_of_the_spec_only(cluster: Cluster, namespace: str) -> None:
    path = deployments(namespace, "web")
    cluster.done("POST", deployments(namespace), deployment("web", namespace))
    patches = (
        ({"metadata": {"labels": {"a": "b"}}}, 1),
        ({"spec": {"replicas": 2}}, 2),
        ({"spec": {"replicas": 2}}, 2),
    )
    for patch, generation in patches:
        cluster.done("PATCH", path, patch, content_type=MERGE)
        assert cluster.get(path)["metadata"]["generation"] == generation


def test_a_write_that_changes_nothing_leaves_the_resource_version(
    cluster: Cluster, namespace: str
) -> None:
    before = cluster.done("POST", configs(namespace), config_map("one", namespace, a="1"))
    after = cluster.done(
        "PATCH", configs(namespace, "one"), {"data": {"a": "1"}}, content_type=MERGE
    )
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_the_status_changes_by_its_subresource_only(cluster: Cluster, namespace: str) -> None:
    item = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "one"},
        "spec": {"selector": {}},
    }
    status = {
        "disruptionsAllowed": 7,
        "currentHealthy": 0,
        "desiredHealthy": 0,
        "expectedPods": 0,
    }
    path = f"/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"
    cluster.done("POST", path, {**item, "status": status})
    both = {"metadata": {"labels": {"a": "b"}}, "status": status}
    cluster.done("PATCH", f"{path}/one", both, content_type=MERGE)
    assert cluster.get(f"{path}/one").get("status", {}).get("disruptionsAllowed", 0) == 0
    both["metadata"] = {"labels": {"a": "c"}}
    cluster.done("PATCH", f"{path}/one/status", both, content_type=MERGE)
    after = cluster.get(f"{path}/one")
    assert after["status"]["disruptionsAllowed"] == 7
    assert after["metadata"]["generation"] == 1


def test_a_deployment_is_scaled(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace))
    cluster.kubectl("-n", namespace, "scale", "deploy/web", "--replicas=4")
    assert cluster.get(deployments(namespace, "web"))["spec"]["replicas"] == 4


def test_an_object_may_leave_its_name_to_the_server(cluster: Cluster, namespace: str) -> None:
    item = config_map("", namespace)
    item["metadata"] = {"generateName": "some-"}
    names = {cluster.done("POST", configs(namespace), item)["metadata"]["name"] for _ in range(2)}
    assert len(names) == 2
    assert all(name.startswith("some-") for name in names)


def test_a_secret_keeps_its_texts_encoded(cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/secrets"
    item = {"metadata": {"name": "s"}, "stringData": {"k": "hidden"}}
    made = cluster.done("POST", path, item)
    assert made["data"] == {"k": "aGlkZGVu"}
    assert "stringData" not in made


def test_a_token_that_nobody_knows_is_refused(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    code, answer = cluster.request("GET", configs(namespace), token="of-nobody")  # noqa: S106
    assert (code, answer["reason"]) == (401, "Unauthorized")
    cluster.write_kubeconfig(tmp_path / "bad", "of-nobody")
    done = cluster.try_kubectl("get", "ns", kubeconfig=tmp_path / "bad")
    assert done.returncode != 0
    assert "logged in" in done.stderr or "Unauthorized" in done.stderr


def test_kubectl_finds_kinds_by_their_short_names(cluster: Cluster) -> None:
    text = cluster.kubectl("api-resources", "-o", "name")
    served = set(text.split())
    assert {"deployments.apps", "ingresses.networking.k8s.io", "namespaces"} <= served
    names = json.loads(cluster.kubectl("get", "ns", "-o", "json"))["items"]
    assert {item["metadata"]["name"] for item in names} >= {"default", "kube-system"}
