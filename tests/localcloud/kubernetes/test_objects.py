"""Objects: made, applied, changed, found, refused and deleted, by either API."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.localcloud.kubernetes.objects import (
    config_map,
    configs,
    crd,
    custom,
    customs,
    deployment,
    deployments,
)
from tests.support.kubernetes import JSON_PATCH, MERGE, STRATEGIC, Cluster, Tree, manifest
from tests.support.waiting import eventually

HOLD = "tests.example/hold"
SIZE: Tree = {"size": {"type": "integer"}}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OTHERS: Tree = {
    "data": {"theirs": "9"},
    "metadata": {"finalizers": [HOLD], "annotations": {"theirs": "kept"}},
}


def containers_of(cluster: Cluster, namespace: str) -> list[Tree]:
    spec = cluster.get(deployments(namespace, "web"))["spec"]["template"]["spec"]
    containers: list[Tree] = spec["containers"]
    return containers


def held(item: Tree) -> Tree:
    return {**item, "metadata": {**item["metadata"], "finalizers": [HOLD]}}


def release(cluster: Cluster, path: str) -> None:
    cluster.done("PATCH", path, {"metadata": {"finalizers": None}}, content_type=MERGE)


def test_an_object_is_created_once(cluster: Cluster, namespace: str) -> None:
    text = manifest(config_map("one", namespace, a="1"))
    assert cluster.kubectl("create", "-f", "-", stdin=text) == "configmap/one created\n"
    assert "AlreadyExists" in cluster.refusal("create", "-f", "-", stdin=text)
    metadata = cluster.get(configs(namespace, "one"))["metadata"]
    assert metadata["uid"]
    assert int(metadata["resourceVersion"])
    assert metadata["creationTimestamp"].endswith("Z")


def test_what_is_not_applied_again_goes_and_what_others_wrote_stays(
    cluster: Cluster, namespace: str
) -> None:
    item = config_map("one", namespace, a="1", b="2")
    item["metadata"]["annotations"] = {"ours": "goes"}
    cluster.apply(item)
    cluster.done("PATCH", configs(namespace, "one"), OTHERS, content_type=MERGE)

    cluster.apply(config_map("one", namespace, a="3"))
    after = cluster.get(configs(namespace, "one"))

    assert after["data"] == {"a": "3", "theirs": "9"}
    assert after["metadata"]["annotations"] == {"theirs": "kept"}
    assert after["metadata"]["finalizers"] == [HOLD]
    release(cluster, configs(namespace, "one"))


def test_items_of_a_list_come_and_go_by_their_names(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    containers = item["spec"]["template"]["spec"]["containers"]
    containers[0]["env"] = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    containers.append({"name": "side", "image": "s"})
    cluster.apply(item)
    theirs = {"name": "main", "workingDir": "/here"}
    patch = {"spec": {"template": {"spec": {"containers": [theirs]}}}}
    cluster.done("PATCH", deployments(namespace, "web"), patch, content_type=STRATEGIC)
    assert [each["name"] for each in containers_of(cluster, namespace)] == ["main", "side"]

    containers.pop()
    containers[0]["env"] = [{"name": "B", "value": "3"}]
    containers[0]["args"] = ["x"]
    cluster.apply(item)
    [container] = containers_of(cluster, namespace)

    assert container["env"] == [{"name": "B", "value": "3"}]
    assert (container["args"], container["workingDir"]) == (["x"], "/here")


def test_an_apply_of_the_same_changes_nothing(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    cluster.apply(item)
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=30s")
    before = cluster.get(deployments(namespace, "web"))
    cluster.apply(item)
    after = cluster.get(deployments(namespace, "web"))
    assert after["status"]["availableReplicas"] == 1
    assert after["metadata"]["resourceVersion"] == before["metadata"]["resourceVersion"]


def test_nothing_is_created_in_a_namespace_that_is_missing(cluster: Cluster) -> None:
    text = manifest(config_map("one", "nowhere"))
    for mode in (["create"], ["apply", "--server-side"]):
        refusal = cluster.refusal(*mode, "-f", "-", stdin=text)
        assert 'namespaces "nowhere" not found' in refusal


def test_a_kind_that_nobody_defined_is_told_by_kubectl(cluster: Cluster, namespace: str) -> None:
    item = {"apiVersion": "no.example/v1", "kind": "Thing", "metadata": {"name": "x"}}
    refusal = cluster.refusal("apply", "-n", namespace, "-f", "-", stdin=manifest(item))
    assert 'no matches for kind "Thing" in version "no.example/v1"' in refusal
    assert "ensure CRDs are installed first" in refusal


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("tier=web", ["a"]),
        ("tier", ["a", "b"]),
        ("tier in (web,db),!old", ["a"]),
        ("tier,tier!=web", ["b"]),
        ("tier,tier notin (web)", ["b"]),
    ],
)
def test_objects_are_found_by_labels(
    cluster: Cluster, namespace: str, selector: str, names: list[str]
) -> None:
    for name, labels in (("a", {"tier": "web"}), ("b", {"tier": "db", "old": ""}), ("c", {})):
        item = config_map(name, namespace)
        item["metadata"]["labels"] = labels
        cluster.done("POST", configs(namespace), item)
    text = cluster.kubectl("-n", namespace, "get", "cm", "-l", selector, "-o", "name")
    assert text.split() == [f"configmap/{name}" for name in names]


def test_objects_are_found_by_fields(cluster: Cluster, namespace: str) -> None:
    for name in ("a", "b"):
        cluster.done("POST", configs(namespace), config_map(name, namespace))
    found = cluster.get(f"{configs(namespace)}?fieldSelector=metadata.name%3Db")["items"]
    assert [item["metadata"]["name"] for item in found] == ["b"]


def test_kubectl_prints_what_a_json_path_names_and_waits_for_it(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(deployment("web", namespace, image="registry/web:1"))
    path = "{.spec.template.spec.containers[0].image}"
    said = cluster.kubectl("-n", namespace, "get", "deploy/web", "-o", f"jsonpath={path}")
    assert said == "registry/web:1"
    cluster.kubectl("-n", namespace, "wait", f"--for=jsonpath={path}={said}", "deploy/web")


def test_kubectl_prints_names_for_people(cluster: Cluster, namespace: str) -> None:
    cluster.done("POST", configs(namespace), config_map("one", namespace))
    rows = [line.split() for line in cluster.kubectl("get", "cm", "-A").splitlines()]
    assert rows[0][:2] == ["NAMESPACE", "NAME"]
    assert [namespace, "one"] in [row[:2] for row in rows]


@pytest.mark.parametrize(
    ("content_type", "patch"),
    [
        (MERGE, {"data": {"a": None, "b": "2"}}),
        (STRATEGIC, {"data": {"a": None, "b": "2"}}),
        (
            JSON_PATCH,
            [{"op": "remove", "path": "/data/a"}, {"op": "add", "path": "/data/b", "value": "2"}],
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
    patch = [{"op": "test", "path": "/data/a", "value": "9"}, {"op": "remove", "path": "/data/a"}]
    code, _ = cluster.request("PATCH", configs(namespace, "one"), patch, content_type=JSON_PATCH)
    assert code == 422
    assert cluster.get(configs(namespace, "one"))["data"] == {"a": "1"}


def test_a_strategic_patch_deletes_an_item_by_its_key(cluster: Cluster, namespace: str) -> None:
    item = deployment("web", namespace)
    item["spec"]["template"]["spec"]["containers"].append({"name": "side", "image": "s"})
    cluster.done("POST", deployments(namespace), item)
    gone = {"name": "side", "$patch": "delete"}
    patch = {"spec": {"template": {"spec": {"containers": [gone]}}}}
    cluster.done("PATCH", deployments(namespace, "web"), patch, content_type=STRATEGIC)
    assert [each["name"] for each in containers_of(cluster, namespace)] == ["main"]


def test_who_writes_what_has_changed_meanwhile_gets_a_conflict(
    cluster: Cluster, namespace: str
) -> None:
    old = cluster.done("POST", configs(namespace), config_map("one", namespace, a="1"))
    cluster.done("PUT", configs(namespace, "one"), {**old, "data": {"a": "2"}})
    code, answer = cluster.request("PUT", configs(namespace, "one"), {**old, "data": {"a": "3"}})
    assert (code, answer["reason"]) == (409, "Conflict")
    assert cluster.get(configs(namespace, "one"))["data"] == {"a": "2"}


def test_the_generation_counts_changes_of_the_spec_only(cluster: Cluster, namespace: str) -> None:
    path = deployments(namespace, "web")
    cluster.done("POST", deployments(namespace), deployment("web", namespace))
    patches: tuple[tuple[Tree, int], ...] = (
        ({"metadata": {"labels": {"a": "b"}}}, 1),
        ({"spec": {"replicas": 2}}, 2),
        ({"spec": {"replicas": 2}}, 2),
    )
    for patch, generation in patches:
        cluster.done("PATCH", path, patch, content_type=MERGE)
        assert cluster.get(path)["metadata"]["generation"] == generation


def test_the_status_changes_by_its_subresource_only(cluster: Cluster, namespace: str) -> None:
    cluster.define(crd("Widget", SIZE))
    path = customs("Widget", namespace, "one")
    item = custom("Widget", "one", namespace, {"size": 1})
    cluster.done("POST", customs("Widget", namespace), {**item, "status": {"phase": "Early"}})
    both: Tree = {"spec": {"size": 2}, "status": {"phase": "Done"}}
    cluster.done("PATCH", path, both, content_type=MERGE)
    assert "status" not in cluster.get(path)
    both["spec"] = {"size": 3}
    cluster.done("PATCH", f"{path}/status", both, content_type=MERGE)
    after = cluster.get(path)
    assert (after["spec"], after["status"]) == ({"size": 2}, {"phase": "Done"})


def test_a_token_that_nobody_knows_is_refused(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    code, answer = cluster.request("GET", configs(namespace), token="of-nobody")  # noqa: S106
    assert (code, answer["reason"]) == (401, "Unauthorized")
    nobody = replace(cluster.program, token="of-nobody", folder=tmp_path)  # noqa: S106
    done = nobody.run("get", "ns")
    assert done.returncode != 0
    assert "logged in" in done.stderr or "Unauthorized" in done.stderr


def test_kubectl_finds_what_is_served(cluster: Cluster) -> None:
    served = set(cluster.kubectl("api-resources", "-o", "name").split())
    assert {"deployments.apps", "ingresses.networking.k8s.io", "namespaces"} <= served
    names = json.loads(cluster.kubectl("get", "ns", "-o", "json"))["items"]
    assert {item["metadata"]["name"] for item in names} >= {"default", "kube-system"}


def test_every_served_version_shows_the_same_objects(cluster: Cluster, namespace: str) -> None:
    cluster.define(crd("Twin", SIZE, versions=("v1", "v2")))
    item = custom("Twin", "one", namespace, {"size": 2})
    cluster.done("POST", customs("Twin", namespace), item)
    other = cluster.get(customs("Twin", namespace, "one", "v2"))
    assert (other["apiVersion"], other["spec"]) == ("tests.example/v2", {"size": 2})


def test_a_kind_can_be_applied_once_its_crd_is_established(
    cluster: Cluster, namespace: str
) -> None:
    cluster.kubectl("create", "-f", "-", stdin=manifest(crd("Gadget", SIZE)))
    cluster.kubectl("wait", "--for=condition=Established", "crd/gadgets.tests.example")
    text = manifest(custom("Gadget", "one", namespace, {"size": 2}))
    eventually(lambda: cluster.try_kubectl("apply", "-f", "-", stdin=text).returncode)
    assert cluster.kubectl("-n", namespace, "get", "gax", "-o", "name").startswith("gadget")


def test_kubectl_deletes_and_waits(cluster: Cluster, namespace: str) -> None:
    cluster.done("POST", configs(namespace), config_map("one", namespace))
    answer = cluster.kubectl("-n", namespace, "delete", "cm/one", "--wait")
    assert 'configmap "one" deleted' in answer
    assert not cluster.exists(configs(namespace, "one"))
    assert "NotFound" in cluster.refusal("-n", namespace, "delete", "cm/one")
    cluster.kubectl("-n", namespace, "delete", "cm/one", "--ignore-not-found")


def test_a_finalizer_holds_an_object_until_it_goes(cluster: Cluster, namespace: str) -> None:
    path = configs(namespace, "one")
    cluster.done("POST", configs(namespace), held(config_map("one", namespace)))
    cluster.done("DELETE", path)
    assert cluster.get(path)["metadata"]["deletionTimestamp"]
    waiting = ["wait", "--for=delete", "cm/one", "--timeout=1s"]
    assert "timed out" in cluster.refusal("-n", namespace, *waiting)
    release(cluster, path)
    assert not cluster.exists(path)


def test_a_precondition_guards_a_deletion(cluster: Cluster, namespace: str) -> None:
    path = configs(namespace, "one")
    cluster.done("POST", configs(namespace), config_map("one", namespace))
    code, answer = cluster.request("DELETE", path, {"preconditions": {"uid": "other"}})
    assert (code, answer["reason"]) == (409, "Conflict")
    uid = cluster.get(path)["metadata"]["uid"]
    cluster.done("DELETE", path, {"preconditions": {"uid": uid}})
    assert not cluster.exists(path)


def test_a_namespace_takes_its_content_with_it(cluster: Cluster) -> None:
    namespace = cluster.namespace()
    cluster.done("POST", configs(namespace), config_map("one", namespace))
    cluster.done("POST", configs(namespace), held(config_map("held", namespace)))
    path = f"/api/v1/namespaces/{namespace}"
    cluster.done("DELETE", path)
    eventually(lambda: cluster.exists(configs(namespace, "one")))
    refusal = cluster.refusal("create", "-f", "-", stdin=manifest(config_map("x", namespace)))
    assert "because it is being terminated" in refusal
    # What is there can still change: else no finalizer would ever go.
    release(cluster, configs(namespace, "held"))
    eventually(lambda: cluster.exists(path))
    cluster.done("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
    found = cluster.get(configs(namespace))["items"]
    assert "one" not in {item["metadata"]["name"] for item in found}


def test_a_crd_that_goes_takes_its_objects_with_it(cluster: Cluster, namespace: str) -> None:
    cluster.define(crd("Mayfly", SIZE))
    path = customs("Mayfly", namespace)
    cluster.done("POST", path, held(custom("Mayfly", "held", namespace, {"size": 1})))
    cluster.done("POST", path, custom("Mayfly", "free", namespace, {"size": 1}))
    cluster.done("DELETE", f"{CRDS}/mayflys.tests.example")
    eventually(lambda: cluster.exists(f"{path}/free"))
    # The CRD waits for the one that a finalizer holds.
    assert cluster.exists(f"{CRDS}/mayflys.tests.example")
    release(cluster, f"{path}/held")
    eventually(lambda: cluster.exists(f"{CRDS}/mayflys.tests.example"))
    eventually(lambda: cluster.exists(path))


def test_what_the_small_api_does_not_know_it_refuses(small: Cluster, namespace: str) -> None:
    text = manifest(config_map("one", namespace))
    refusals = {
        "a dry run is not known here": ["apply", "--server-side", "--dry-run=server", "-f", "-"],
        "protobuf cannot be read here": ["create", "namespace", "by-command"],
    }
    for words, command in refusals.items():
        assert words in small.refusal(*command, stdin=text)
    assert not small.exists(configs(namespace, "one"))
