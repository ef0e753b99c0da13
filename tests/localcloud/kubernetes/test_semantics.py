"""What deployments rely on and only a real control plane knows: owners, schemas, collection."""

from __future__ import annotations

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
from tests.support.kubernetes import APPLY, MERGE, Cluster, Tree, manifest
from tests.support.waiting import eventually

SPEC: Tree = {
    "size": {"type": "integer", "maximum": 9},
    "mode": {"type": "string", "enum": ["Slow", "Fast"], "default": "Slow"},
    "code": {
        "type": "string",
        "x-kubernetes-validations": [{"rule": "self.startsWith('k')", "message": "no k"}],
    },
}


def apply(real: Cluster, item: Tree, manager: str, *, force: bool = False) -> tuple[int, Tree]:
    metadata = item["metadata"]
    path = (deployments if item["kind"] == "Deployment" else configs)(
        metadata["namespace"], metadata["name"]
    )
    query = f"fieldManager={manager}&force={str(force).lower()}"
    return real.request("PATCH", f"{path}?{query}", item, content_type=APPLY)


def owned(item: Tree, owner: Tree) -> Tree:
    reference = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
    }
    return {**item, "metadata": {**item["metadata"], "ownerReferences": [reference]}}


def create(real: Cluster, item: Tree) -> Tree:
    return real.done("POST", configs(item["metadata"]["namespace"]), item)


@pytest.fixture(scope="session")
def checked(real: Cluster) -> str:
    """A kind with a schema."""
    real.define(crd("Checked", SPEC))
    return "Checked"


def test_what_two_managers_applied_goes_with_the_second(real: Cluster, namespace: str) -> None:
    for manager in ("alice", "bob"):
        apply(real, config_map("one", namespace, a="1", b="2"), manager)
    _, after = apply(real, config_map("one", namespace, a="1"), "alice")
    assert after["data"] == {"a": "1", "b": "2"}
    _, after = apply(real, config_map("one", namespace, a="1"), "bob")
    assert after["data"] == {"a": "1"}


def test_a_field_of_another_manager_is_a_conflict_unless_it_is_taken_by_force(
    real: Cluster, namespace: str
) -> None:
    apply(real, deployment("web", namespace, image="one"), "alice")
    other = deployment("web", namespace, image="two")
    code, answer = apply(real, other, "bob")
    assert (code, answer["reason"]) == (409, "Conflict")
    [cause] = answer["details"]["causes"]
    assert cause["message"] == 'conflict with "alice"'
    assert cause["field"] == '.spec.template.spec.containers[name="main"].image'
    assert apply(real, other, "bob", force=True)[0] == 200
    assert apply(real, deployment("web", namespace, image="one"), "alice")[0] == 409


def test_who_applied_at_the_client_can_go_over_to_the_server(real: Cluster, namespace: str) -> None:
    real.kubectl("apply", "-f", "-", stdin=manifest(config_map("one", namespace, a="1", b="2")))
    real.kubectl("apply", "--server-side", "-f", "-", stdin=manifest(config_map("one", namespace)))
    assert "data" not in real.get(configs(namespace, "one"))


@pytest.mark.parametrize("mode", [[], ["--server-side"]])
def test_an_unknown_field_is_refused(real: Cluster, namespace: str, mode: list[str]) -> None:
    item = deployment("web", namespace)
    item["spec"]["replica"] = 3
    refusal = real.refusal("apply", *mode, "-f", "-", stdin=manifest(item))
    assert "spec.replica" in refusal
    assert not real.exists(deployments(namespace, "web"))


def test_a_selector_cannot_change(real: Cluster, namespace: str) -> None:
    real.apply(deployment("web", namespace))
    labels = {"app": "web", "more": "x"}
    spec = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}}}
    path = deployments(namespace, "web")
    code, answer = real.request("PATCH", path, {"spec": spec}, content_type=MERGE)
    assert code == 422
    assert "field is immutable" in answer["message"]


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec.size"),
        ({"size": 10}, "spec.size"),
        ({"size": "2"}, "spec.size"),
        ({"size": 1, "mode": "Reverse"}, "spec.mode"),
        ({"size": 1, "code": "abc"}, "spec.code"),
    ],
)
def test_what_a_schema_forbids_is_refused(
    real: Cluster, checked: str, namespace: str, spec: Tree, field: str
) -> None:
    body = custom(checked, "one", namespace, spec)
    code, answer = real.request("POST", customs(checked, namespace), body)
    assert (code, answer["reason"]) == (422, "Invalid")
    assert field in {cause["field"] for cause in answer["details"]["causes"]}


def test_a_schema_fills_in_and_drops(real: Cluster, checked: str, namespace: str) -> None:
    body = custom(checked, "one", namespace, {"size": 1, "sise": 2})
    made = real.done("POST", customs(checked, namespace), body)
    assert made["spec"] == {"size": 1, "mode": "Slow"}


def test_what_is_owned_goes_with_its_last_owner(real: Cluster, namespace: str) -> None:
    owner, other = (create(real, config_map(name, namespace)) for name in ("owner", "other"))
    create(real, owned(config_map("child", namespace), owner))
    shared, second = (owned(config_map("shared", namespace), each) for each in (owner, other))
    shared["metadata"]["ownerReferences"] += second["metadata"]["ownerReferences"]
    create(real, shared)
    real.done("DELETE", configs(namespace, "owner"))
    eventually(lambda: real.exists(configs(namespace, "child")))
    assert real.exists(configs(namespace, "shared"))
    real.done("DELETE", configs(namespace, "other"))
    eventually(lambda: real.exists(configs(namespace, "shared")))


@pytest.mark.parametrize("name", ["default", "kube-system"])
def test_namespaces_of_the_system_stay(real: Cluster, name: str) -> None:
    code, answer = real.request("DELETE", f"/api/v1/namespaces/{name}")
    assert (code, answer["reason"]) == (403, "Forbidden")
