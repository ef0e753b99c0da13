"""CRDs: what they define is served at once, checked, completed, and gone with them."""

from __future__ import annotations

import time

import pytest

from tests.localcloud.kubernetes.cluster import MERGE, Cluster, Tree, crd, custom, manifest

SIZE: Tree = {"size": {"type": "integer", "minimum": 1, "maximum": 9}}
EVERYTHING: Tree = {
    **SIZE,
    "mode": {"type": "string", "enum": ["Slow", "Fast"], "default": "Slow"},
    "code": {"type": "string", "pattern": "^[a-z]{3}$"},
    "port": {"x-kubernetes-int-or-string": True},
    "maybe": {"type": "string", "nullable": True},
    "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    "limits": {"type": "object", "additionalProperties": {"type": "integer"}},
    "inner": {
        "type": "object",
        "default": {},
        "properties": {"on": {"type": "boolean", "default": True}},
    },
    "rows": {
        "type": "array",
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["key"],
        "items": {
            "type": "object",
            "required": ["key"],
            "properties": {"key": {"type": "string"}, "value": {"type": "string"}},
        },
    },
    "members": {
        "type": "array",
        "x-kubernetes-list-type": "set",
        "items": {"type": "string"},
    },
    "steps": {
        "type": "array",
        "x-kubernetes-list-type": "atomic",
        "items": {"type": "string"},
    },
}
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def path_of(kind: str, namespace: str, name: str = "", version: str = "v1") -> str:
    base = f"/apis/tests.example/{version}/namespaces/{namespace}/{kind.lower()}s"
    return f"{base}/{name}".rstrip("/")


@pytest.fixture(scope="session")
def widgets(cluster: Cluster) -> str:
    """A kind with a schema of everything."""
    cluster.apply(crd("Widget", EVERYTHING))
    cluster.kubectl("wait", "--for=condition=Established", "crd/widgets.tests.example")
    cluster.eventually(lambda: cluster.request("GET", "/apis/tests.example/v1")[0] == 200)
    return "Widget"


def create(cluster: Cluster, namespace: str, spec: Tree, *, name: str = "w") -> tuple[int, Tree]:
    body = custom("Widget", name, namespace, spec)
    query = "fieldValidation=Strict"
    return cluster.request("POST", f"{path_of('Widget', namespace)}?{query}", body)


def test_a_new_kind_can_be_used_as_soon_as_it_is_established(
    cluster: Cluster, namespace: str
) -> None:
    cluster.kubectl("create", "-f", "-", stdin=manifest(crd("Gadget", SIZE)))
    cluster.kubectl("wait", "--for=condition=Established", "crd/gadgets.tests.example")
    item = custom("Gadget", "one", namespace, {"size": 2})
    cluster.eventually(
        lambda: cluster.try_kubectl("apply", "-f", "-", stdin=manifest(item)).returncode == 0
    )
    heading, row = cluster.kubectl("-n", namespace, "get", "gax").splitlines()
    assert (heading.split(), row.split()) == (["NAME", "SIZE"], ["one", "2"])


def test_every_served_version_shows_the_same_objects(cluster: Cluster, namespace: str) -> None:
    cluster.apply(crd("Twin", SIZE, versions=("v1", "v2")))
    paths = [path_of("Twin", namespace, version=version) for version in ("v1", "v2")]
    cluster.eventually(lambda: all(cluster.request("GET", path)[0] == 200 for path in paths))
    cluster.done("POST", paths[0], custom("Twin", "one", namespace, {"size": 2}))
    other = cluster.get(f"{paths[1]}/one")
    assert (other["apiVersion"], other["spec"]) == ("tests.example/v2", {"size": 2})


@pytest.mark.usefixtures("widgets")
def test_defaults_are_filled_in(cluster: Cluster, namespace: str) -> None:
    code, made = create(cluster, namespace, {"size": 1})
    assert code == 201, made
    assert made["spec"] == {"size": 1, "mode": "Slow", "inner": {"on": True}}


@pytest.mark.usefixtures("widgets")
@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({}, "spec.size"),
        ({"size": 10}, "spec.size"),
        ({"size": "2"}, "spec.size"),
        ({"size": 1, "mode": "Reverse"}, "spec.mode"),
        ({"size": 1, "code": "ABC"}, "spec.code"),
        ({"size": 1, "port": True}, "spec.port"),
        ({"size": 1, "limits": {"cpu": "x"}}, "spec.limits.cpu"),
        ({"size": 1, "rows": [{"value": "x"}]}, "spec.rows[0].key"),
    ],
)
def test_what_the_schema_forbids_is_refused(
    cluster: Cluster, namespace: str, spec: Tree, field: str
) -> None:
    code, answer = create(cluster, namespace, spec)
    assert (code, answer["reason"]) == (422, "Invalid")
    assert field in answer["message"]
    assert field in {cause["field"] for cause in answer["details"]["causes"]}


@pytest.mark.usefixtures("widgets")
@pytest.mark.parametrize(
    "spec",
    [
        {"code": "abc"},
        {"port": 80},
        {"port": "http"},
        {"maybe": None},
        {"free": {"any": {"thing": [1]}}},
        {"limits": {"cpu": 1}},
    ],
)
def test_what_the_schema_allows_is_kept(cluster: Cluster, namespace: str, spec: Tree) -> None:
    code, made = create(cluster, namespace, {"size": 1, **spec})
    assert code == 201, made
    assert {key: made["spec"].get(key) for key in spec} == spec


def test_an_unknown_field_is_refused_or_dropped(
    cluster: Cluster, widgets: str, namespace: str
) -> None:
    spec = {"size": 1, "sise": 2, "inner": {"off": True}}
    code, answer = create(cluster, namespace, spec)
    assert code == 400
    assert 'unknown field "spec.sise"' in answer["message"]
    assert 'unknown field "spec.inner.off"' in answer["message"]
    body = custom(widgets, "w", namespace, spec)
    made = cluster.done("POST", path_of(widgets, namespace), body)
    assert made["spec"] == {"size": 1, "mode": "Slow", "inner": {"on": True}}


def test_kubectl_tells_what_a_crd_does_not_know(
    cluster: Cluster, widgets: str, namespace: str
) -> None:
    text = manifest(custom(widgets, "w", namespace, {"size": 1, "sise": 2}))
    for mode in ([], ["--server-side"]):
        refusal = cluster.refusal("apply", *mode, "-f", "-", stdin=text)
        assert "spec.sise" in refusal


def test_lists_merge_as_the_schema_says(cluster: Cluster, widgets: str, namespace: str) -> None:
    first = {
        "size": 1,
        "rows": [{"key": "a", "value": "1"}],
        "members": ["x"],
        "steps": ["one", "two"],
    }
    second = {"size": 1, "rows": [{"key": "b", "value": "2"}], "members": ["y"], "steps": ["one"]}
    cluster.apply(custom(widgets, "w", namespace, first), manager="alice")
    cluster.apply(custom(widgets, "w", namespace, second), manager="bob")
    spec = cluster.get(path_of(widgets, namespace, "w"))["spec"]
    assert spec["rows"] == [{"key": "a", "value": "1"}, {"key": "b", "value": "2"}]
    assert spec["members"] == ["x", "y"]
    assert spec["steps"] == ["one"]
    del first["rows"], first["members"], first["steps"]
    cluster.apply(custom(widgets, "w", namespace, first), manager="alice")
    spec = cluster.get(path_of(widgets, namespace, "w"))["spec"]
    assert (spec["rows"], spec["members"]) == ([{"key": "b", "value": "2"}], ["y"])


def test_a_strategic_patch_of_a_custom_object_is_not_supported(
    cluster: Cluster, widgets: str, namespace: str
) -> None:
    create(cluster, namespace, {"size": 1})
    code, _ = cluster.request(
        "PATCH",
        path_of(widgets, namespace, "w"),
        {"spec": {"size": 2}},
        content_type="application/strategic-merge-patch+json",
    )
    assert code == 415


def test_a_condition_can_be_waited_for(cluster: Cluster, widgets: str, namespace: str) -> None:
    create(cluster, namespace, {"size": 1})
    path = path_of(widgets, namespace, "w")
    cluster.done("PATCH", path, {"status": {"phase": "Early"}}, content_type=MERGE)
    assert "status" not in cluster.get(path)
    cluster.done("PATCH", f"{path}/status", {"status": {"phase": "Done"}}, content_type=MERGE)
    arguments = ["wait", "--for=jsonpath={.status.phase}=Done", "widget/w", "--timeout=20s"]
    assert "condition met" in cluster.kubectl("-n", namespace, *arguments)


def test_a_crd_that_changes_changes_what_is_served(cluster: Cluster, namespace: str) -> None:
    cluster.apply(crd("Morph", SIZE))
    path = path_of("Morph", namespace)
    cluster.eventually(lambda: cluster.request("GET", path)[0] == 200)
    body = custom("Morph", "one", namespace, {"size": 1, "color": "red"})
    strict = f"{path}?fieldValidation=Strict"
    assert cluster.request("POST", strict, body)[0] == 400
    cluster.apply(crd("Morph", {**SIZE, "color": {"type": "string"}}))
    cluster.eventually(lambda: cluster.request("POST", strict, body)[0] == 201)


def test_a_crd_that_goes_takes_its_objects_with_it(cluster: Cluster, namespace: str) -> None:
    cluster.apply(crd("Mayfly", SIZE))
    path = path_of("Mayfly", namespace)
    cluster.eventually(lambda: cluster.request("GET", path)[0] == 200)
    item = custom("Mayfly", "held", namespace, {"size": 1})
    item["metadata"]["finalizers"] = ["tests.example/hold"]
    cluster.done("POST", path, item)
    cluster.done("POST", path, custom("Mayfly", "free", namespace, {"size": 1}))
    cluster.done("DELETE", f"{CRDS}/mayflys.tests.example")
    cluster.eventually(lambda: not cluster.exists(f"{path}/free"))
    # The CRD waits for the one that a finalizer holds.
    assert cluster.exists(f"{CRDS}/mayflys.tests.example")
    free = {"metadata": {"finalizers": None}}
    cluster.done("PATCH", f"{path}/held", free, content_type=MERGE)
    cluster.eventually(lambda: not cluster.exists(f"{CRDS}/mayflys.tests.example"))
    cluster.eventually(lambda: not cluster.exists(path))


def test_a_webhook_that_nobody_answers_for_holds_up_nothing(
    cluster: Cluster, namespace: str
) -> None:
    definition = crd("Crumb", SIZE, versions=("v1", "v2"))
    service = {"name": "s", "namespace": namespace, "path": "/"}
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": {"service": service}}
    definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    cluster.apply(definition)
    services = f"/api/v1/namespaces/{namespace}/services"
    cluster.done("POST", services, {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 443}]}})
    path = path_of("Crumb", namespace)
    cluster.eventually(lambda: cluster.request("GET", path)[0] == 200)
    cluster.done("POST", path, custom("Crumb", "one", namespace, {"size": 1}))
    assert cluster.get(f"{path}/one")["spec"] == {"size": 1}
    began = time.monotonic()
    code, answer = cluster.request("GET", path_of("Crumb", namespace, "one", "v2"))
    assert time.monotonic() < began + 5
    if cluster.is_real:
        assert code == 500
        assert "conversion webhook for tests.example/v1, Kind=Crumb failed" in answer["message"]
    else:
        # Nothing is converted here but the name of the version.
        assert code == 200
    cluster.done("DELETE", f"/api/v1/namespaces/{namespace}")
    cluster.eventually(lambda: not cluster.exists(f"/api/v1/namespaces/{namespace}"))
