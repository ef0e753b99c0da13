"""No deployment takes a field from whoever writes it in the cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of
from kubeflow_aws.rendering.foreign_fields import without_foreign_fields
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, CheckedAssembly

OF_THE_SERVER = (
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "selfLink",
    "uid",
)

IN_SPEC = {
    "Service": ("clusterIP", "clusterIPs", "healthCheckNodePort"),
    "PersistentVolume": ("claimRef.uid", "claimRef.resourceVersion"),
}

STATED_ALL_THE_SAME = {
    # It fails open until istiod has its certificate, and for the moment that istiod needs after a
    # deployment: nobody but administrators may write what it validates.
    "ValidatingWebhookConfiguration.admissionregistration.k8s.io istio-validator-istio-system: "
    "webhooks[0].failurePolicy",
}


def foreign(objects: list[KubernetesObject]) -> Iterator[str]:
    """Every stated field that a controller, cert-manager or the API server writes."""
    scaled = {_target(item) for item in objects if item["kind"] == "HorizontalPodAutoscaler"}
    for item in objects:
        key, body = key_of(item), dict[str, Any](item)
        paths = [f"metadata.{name}" for name in OF_THE_SERVER if name in body["metadata"]]
        paths += [path for path in IN_SPEC.get(key.kind, ()) if _has(body.get("spec"), path)]
        paths += [name for name in ("status",) if name in body]
        if "aggregationRule" in body and "rules" in body:
            paths.append("rules")
        if key.kind == "ServiceAccount" and "secrets" in body:
            paths.append("secrets")
        if (key.kind, key.namespace, key.name) in scaled and _has(body["spec"], "replicas"):
            paths.append("spec.replicas")
        paths += _bundles(item, "")
        # istiod sets it to Fail (pkg/webhooks/validation/controller).
        if key.kind == "ValidatingWebhookConfiguration" and "istio-validator" in key.name:
            paths.append("webhooks[0].failurePolicy")
        yield from (f"{key}: {path}" for path in paths)


def _target(autoscaler: KubernetesObject) -> tuple[str, str, str]:
    body = dict[str, Any](autoscaler)
    target = body["spec"]["scaleTargetRef"]
    return target["kind"], body["metadata"]["namespace"], target["name"]


def _has(node: Any, path: str) -> bool:
    for name in path.split("."):
        if not isinstance(node, dict) or name not in node:
            return False
        node = node[name]
    # A Service without an address says so itself.
    return bool(node != "None")


def _bundles(node: JsonValue, path: str) -> list[str]:
    """Authorities of webhooks, outside of schemas."""
    if isinstance(node, list):
        return [found for n, each in enumerate(node) for found in _bundles(each, f"{path}[{n}]")]
    if not isinstance(node, dict):
        return []
    return [
        found
        for name, child in node.items()
        for found in (
            [f"{path}.{name}".removeprefix(".")]
            if name == "caBundle" and path.endswith("clientConfig")
            else _bundles(child, f"{path}.{name}")
        )
    ]


def test_no_component_of_the_sample_states_what_others_write(
    all_sample_variants: Platform,
) -> None:
    assert set(foreign(all_sample_variants.objects)) <= STATED_ALL_THE_SAME
    assert any("aggregationRule" in item for item in all_sample_variants.objects)


@pytest.mark.upstream
def test_no_component_of_any_option_states_more_of_others_than_is_said_here(
    all_upstream_variants: Platform,
) -> None:
    assert set(foreign(all_upstream_variants.objects)) == STATED_ALL_THE_SAME
    assert any("aggregationRule" in item for item in all_upstream_variants.objects)


def test_what_a_deployment_adds_states_nothing_of_others_either(
    data_plane_assembly: Assembly, option: Callable[[str], CheckedAssembly]
) -> None:
    for assembly in (data_plane_assembly, option("rds-s3").assembly):
        assert set(foreign(list(assembly.objects()))) <= STATED_ALL_THE_SAME


@pytest.mark.parametrize(
    ("item", "path"),
    [
        ({"kind": "ClusterRole", "aggregationRule": {}, "rules": []}, "rules"),
        ({"kind": "Deployment", "status": {}}, "status"),
        *(
            ({"kind": "Deployment", "metadata": {"name": "one", name: "it"}}, f"metadata.{name}")
            for name in OF_THE_SERVER
        ),
        ({"kind": "Service", "spec": {"clusterIP": "10.0.0.1"}}, "clusterIP"),
        ({"kind": "ServiceAccount", "secrets": []}, "secrets"),
        ({"kind": "PersistentVolume", "spec": {"claimRef": {"uid": ""}}}, "claimRef.uid"),
        ({"kind": "Webhook", "webhooks": [{"clientConfig": {"caBundle": "Cg=="}}]}, "caBundle"),
    ],
)
def test_the_guard_sees(item: dict[str, Any], path: str) -> None:
    whole: KubernetesObject = {"apiVersion": "v1", "metadata": {"name": "one"}, **item}

    assert [found.rpartition(path)[1] for found in foreign([whole])] == [path]


def test_a_scaled_deployment_may_not_say_how_many() -> None:
    metadata: JsonValue = {"name": "one", "namespace": "kubeflow"}
    deployment: KubernetesObject = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {"replicas": 1},
    }
    scaler: KubernetesObject = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata,
        "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "one"}},
    }

    assert list(foreign([deployment])) == []
    assert list(foreign([deployment, scaler])) == ["Deployment.apps kubeflow/one: spec.replicas"]


def test_rules_of_its_own_stay_with_a_role() -> None:
    role: KubernetesObject = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "one", "creationTimestamp": None},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}],
    }
    gathered: KubernetesObject = {**role, "aggregationRule": {"clusterRoleSelectors": []}}

    assert without_foreign_fields(role) == {**role, "metadata": {"name": "one"}}
    assert "rules" not in without_foreign_fields(gathered)
    plain: KubernetesObject = {**role, "metadata": {"name": "one"}}
    assert without_foreign_fields(plain) is plain
