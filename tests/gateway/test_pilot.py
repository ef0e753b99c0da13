"""The small istiod takes what it knows and refuses the rest: no policy is left out in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.gateway.istiod import VARIABLE, programs_of
from tests.gateway.listener_rules import listener_rules
from tests.gateway.pilot import envoy_config
from tests.gateway.rbac import rbac_filters

DEPLOYMENT: dict[str, Any] = {
    "kind": "Deployment",
    "metadata": {"name": "istio-ingressgateway", "namespace": "istio-system"},
    "spec": {"template": {"metadata": {}}},
}


def policy(**spec: Any) -> dict[str, Any]:
    return {
        "kind": "AuthorizationPolicy",
        "metadata": {"name": "p", "namespace": "istio-system"},
        "spec": spec,
    }


def filters_of(*objects: dict[str, Any]) -> list[str]:
    config = envoy_config(
        [DEPLOYMENT, *objects], keys={}, port=1, admin_port=2, backend=("127.0.0.1", 3)
    )
    [listener] = config["static_resources"]["listeners"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    return [each["name"].rpartition("http.")[2] for each in manager["http_filters"]]


def test_denials_are_asked_before_permissions() -> None:
    deny = policy(action="DENY", rules=[{"when": []}])
    allow = policy(action="ALLOW", rules=[{}])

    assert filters_of(allow, deny) == ["rbac.deny", "rbac.allow", "cors", "router"]


def test_a_policy_of_another_pod_or_namespace_does_not_count() -> None:
    other_pod = policy(selector={"matchLabels": {"app": "istiod"}}, rules=[{}])
    other_namespace = policy(rules=[{}])
    other_namespace["metadata"]["namespace"] = "kubeflow"

    assert filters_of(other_pod, other_namespace) == ["cors", "router"]


def test_an_allow_policy_without_rules_admits_nothing() -> None:
    [found] = rbac_filters([policy()])
    [rule] = found["typed_config"]["rules"]["policies"].values()

    assert found["typed_config"]["rules"]["action"] == "ALLOW"
    assert rule["permissions"] == [{"not_rule": {"any": True}}]


@pytest.mark.parametrize(
    "rule",
    [
        {"to": [{"operation": {"hosts": ["kubeflow.example.com"]}}]},
        {"to": [{"operation": {"paths": ["/a/*/b"]}}]},
        {"from": [{"source": {"principals": ["*"]}}]},
        {"when": [{"key": "source.ip", "values": ["10.0.0.0/8"]}]},
        {"when": [{"key": "request.auth.claims[iss]", "values": ["https://*"]}]},
    ],
)
def test_what_it_does_not_cover_raises(rule: dict[str, Any]) -> None:
    with pytest.raises(NotImplementedError):
        rbac_filters([policy(action="DENY", rules=[rule])])


def test_an_unknown_annotation_of_an_ingress_raises(gateway_objects: list[Any]) -> None:
    [ingress] = [
        item
        for item in gateway_objects
        if item["kind"] == "Ingress" and item["metadata"]["name"] == "kubeflow"
    ]
    annotations = {
        **ingress["metadata"]["annotations"],
        "alb.ingress.kubernetes.io/auth-type": "oidc",
    }
    changed = {**ingress, "metadata": {**ingress["metadata"], "annotations": annotations}}

    with pytest.raises(NotImplementedError, match="auth-type oidc"):
        listener_rules([changed])


def test_a_real_istiod_is_taken_only_where_one_is_named(control_plane: Path) -> None:
    found = programs_of({VARIABLE: __file__})

    assert found
    assert (found.istiod, found.control_plane) == (Path(__file__), control_plane)
    assert programs_of({}) is None


def test_a_real_istiod_that_is_not_there_is_not_passed_over() -> None:
    with pytest.raises(RuntimeError, match="names /nowhere, which is no file"):
        programs_of({VARIABLE: "/nowhere"})
