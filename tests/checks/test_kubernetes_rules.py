"""Rules for Kubernetes objects: what breaks each is found, and stops a synth."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path

import aws_cdk as cdk
import pytest

from kubeflow_aws.assembly.templates import MANIFEST_TYPE, UNRESOLVED
from kubeflow_aws.checks import KubeflowRules
from kubeflow_aws.checks.acknowledge import acknowledge_object
from kubeflow_aws.checks.kubernetes_rules import DEFAULT_PASSWORDS, kubernetes_rules
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.floors import Floor, load_floors
from kubeflow_aws.rendering.platform import FLOORS_FILE
from tests.support.assembly import Assembly, new_app


def item(kind: str, **fields: JsonValue) -> KubernetesObject:
    api = "apps/v1" if kind in {"Deployment", "DaemonSet"} else "v1"
    return {"apiVersion": api, "kind": kind, "metadata": {"name": "one"}, **fields}


def workload(image: str, *, env: list[JsonValue] | None = None) -> KubernetesObject:
    container: dict[str, JsonValue] = {"name": "main", "image": image, "env": env or []}
    return item("Deployment", spec={"template": {"spec": {"containers": [container]}}})


def namespace(level: str | None) -> KubernetesObject:
    labels: dict[str, JsonValue] = {"pod-security.kubernetes.io/enforce": level} if level else {}
    return item("Namespace", metadata={"name": "one", "labels": labels})


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PROXY = "registry.istio.io/release/proxyv2"
LEAST = Floor(
    images=(PROXY,),
    also_from=("docker.io/istio",),
    least="1.30.4",
    why="Older ones let requests past policies.",
    link="https://example.com/advisory",
    read_on=date(2026, 11, 30),
)
RULES = kubernetes_rules([LEAST])


def injector(tag: str, hub: str = "registry.istio.io/release") -> KubernetesObject:
    values = json.dumps({"global": {"hub": hub, "tag": tag, "proxy": {"image": "proxyv2"}}})
    return item("ConfigMap", data={"values": values})


EMPTY_PASSWORD: list[JsonValue] = [{"name": "MYSQL_ALLOW_EMPTY_PASSWORD", "value": "true"}]

BROKEN: list[tuple[str, KubernetesObject, str]] = [
    ("K8S1", item("Secret", data={"key": encoded("hunter2")}), "Secret one"),
    ("K8S1", item("Secret", stringData={"key": "hunter2"}), "Secret one"),
    ("K8S2", item("Secret", data={"key": encoded("minio123")}), "Secret one: object storage"),
    ("K8S2", item("ConfigMap", data={"a": "secretkey: minio123"}), "ConfigMap one: object storage"),
    ("K8S2", workload("mysql:8.4", env=EMPTY_PASSWORD), "Deployment.apps one: MySQL"),
    ("K8S3", workload("nginx"), "Deployment.apps one: docker.io/library/nginx"),
    ("K8S3", workload("ghcr.io/a/b:latest"), "Deployment.apps one: ghcr.io/a/b:latest"),
    ("K8S3", workload("localhost:5000/a"), "Deployment.apps one: localhost:5000/a"),
    ("K8S4", namespace(None), "Namespace one"),
    ("K8S4", namespace("privileged"), "Namespace one"),
    ("K8S5", workload(f"{PROXY}:1.30.1"), f"Deployment.apps one: {PROXY}:1.30.1 is below 1.30.4"),
    (
        "K8S5",
        workload(f"r.example.com/copies/{PROXY}:1.30.3-distroless"),
        f"Deployment.apps one: r.example.com/copies/{PROXY}:1.30.3-distroless is below 1.30.4",
    ),
    (
        "K8S5",
        workload("istio/proxyv2:1.30.4-rc.1"),
        "Deployment.apps one: docker.io/istio/proxyv2:1.30.4-rc.1 is below 1.30.4",
    ),
    ("K8S5", injector("1.30.1"), f"ConfigMap one: {PROXY}:1.30.1 is below 1.30.4"),
    (
        "K8S5",
        injector("1.30.1", f"r.example.com/copies/{PROXY.rpartition('/')[0]}"),
        f"ConfigMap one: r.example.com/copies/{PROXY}:1.30.1 is below 1.30.4",
    ),
]

KEPT: list[tuple[str, KubernetesObject]] = [
    ("K8S1", item("Secret", data={"key": ""})),
    ("K8S1", item("Secret", stringData={"key": UNRESOLVED})),
    ("K8S1", item("Secret")),
    ("K8S1", item("ConfigMap", data={"key": "value"})),
    ("K8S2", workload("mysql:8.4", env=[{"name": "MYSQL_ALLOW_EMPTY_PASSWORD", "value": "false"}])),
    ("K8S3", workload("nginx:1.29")),
    ("K8S3", workload("localhost:5000/a:v1")),
    ("K8S3", workload(f"nginx@sha256:{'0' * 64}")),
    ("K8S3", item("CustomResourceDefinition", spec={"image": "latest"})),
    ("K8S4", namespace("baseline")),
    ("K8S4", namespace("restricted")),
    ("K8S5", workload(f"{PROXY}:1.30.4")),
    ("K8S5", workload(f"{PROXY}:1.31.0")),
    ("K8S5", workload(f"{PROXY}@sha256:{'0' * 64}")),
    ("K8S5", workload("ghcr.io/somebody/proxyv2:0.1")),
    ("K8S5", injector("1.30.4")),
    ("K8S5", item("CustomResourceDefinition", spec={"image": f"{PROXY}:1.0.0"})),
]


def found(rule: str, broken: KubernetesObject) -> list[str]:
    [one] = [each for each in RULES if each.id == f"KubeflowAws-{rule}"]
    return list(one.breaks(broken))


@pytest.mark.parametrize(("rule", "broken", "what"), BROKEN)
def test_what_breaks_a_rule_is_found(rule: str, broken: KubernetesObject, what: str) -> None:
    assert found(rule, broken) == [what]


@pytest.mark.parametrize(("rule", "kept"), KEPT)
def test_what_keeps_a_rule_is_no_finding(rule: str, kept: KubernetesObject) -> None:
    assert found(rule, kept) == []


def test_every_rule_has_something_that_breaks_it() -> None:
    assert {f"KubeflowAws-{rule}" for rule, _, _ in BROKEN} == {each.id for each in RULES}


@pytest.mark.parametrize("password", DEFAULT_PASSWORDS)
def test_every_published_password_is_found_in_a_secret(password: str) -> None:
    assert found("K8S2", item("Secret", data={"key": encoded(f"a: {password}\n")})) != []


def app_that_applies(broken: KubernetesObject, folder: Path, *, acknowledged: bool) -> cdk.App:
    app = new_app(folder)
    nested = cdk.NestedStack(cdk.Stack(app, "Platform"), "Component")
    cdk.CfnResource(
        nested,
        "Pack",
        type=MANIFEST_TYPE,
        properties={"Manifest": json.dumps([broken])},
    )
    if acknowledged:
        acknowledge_object(nested, finding="KubeflowAws-K8S4[Namespace one]", reason="for a test")
    cdk.Validations.of(app).add_plugins(KubeflowRules([LEAST]))
    return app


def test_a_finding_in_a_nested_stack_stops_the_synth(tmp_path: Path) -> None:
    app = app_that_applies(namespace(None), tmp_path, acknowledged=False)

    with pytest.raises(RuntimeError, match=r"KubeflowAws-K8S4\[Namespace-one\]"):
        app.synth()


def test_an_acknowledged_finding_stops_nothing(tmp_path: Path) -> None:
    app_that_applies(namespace(None), tmp_path, acknowledged=True).synth()


def test_an_acknowledgment_covers_only_its_own_object(tmp_path: Path) -> None:
    other = namespace(None) | {"metadata": {"name": "two"}}
    app = app_that_applies(other, tmp_path, acknowledged=True)

    with pytest.raises(RuntimeError, match=r"KubeflowAws-K8S4\[Namespace-two\]"):
        app.synth()


@pytest.mark.upstream
def test_no_acknowledgment_is_idle(project: Path, upstream_assembly: Assembly) -> None:
    """Vanilla has all that is acknowledged; the other options have less."""
    acknowledged = {
        each.finding
        for component in load_components(project / "manifests" / "components").values()
        for each in component.acknowledged
    }
    broken = {
        f"{rule.id}[{what}]"
        for each in upstream_assembly.objects()
        for rule in kubernetes_rules(load_floors(project / "manifests" / FLOORS_FILE))
        for what in rule.breaks(each)
    }

    assert broken == acknowledged
