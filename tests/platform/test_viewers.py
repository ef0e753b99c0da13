"""Who may only look starts no pods, on a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from tests.platform.reviews import may
from tests.platform.tenancy import have_people, person
from tests.support.kubernetes import JSON_PATCH, Cluster
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/aggregate-to-kubeflow-pipelines-view"
UPSTREAMS = {"apiGroups": ["kubeflow.org"], "resources": ["viewers"], "verbs": ["create"]}


@pytest.fixture(scope="module")
def profile(governed: Cluster) -> str:
    name = governed.namespace()
    have_people(governed, name)
    return name


def may_view(cluster: Cluster, role: str, verb: str, namespace: str) -> bool:
    """What Pipelines' UI asks, too."""
    return may(cluster, person(role), verb, "viewers.kubeflow.org", namespace)


def test_who_may_look_looks_at_what_others_started(governed: Cluster, profile: str) -> None:
    assert may_view(governed, "view", "get", profile)
    assert not may_view(governed, "view", "create", profile)
    assert not may_view(governed, "view", "delete", profile)


@pytest.mark.parametrize("role", ["owner", "edit"])
def test_editors_start_and_stop_them(role: str, governed: Cluster, profile: str) -> None:
    assert all(may_view(governed, role, verb, profile) for verb in ("create", "get", "delete"))


def test_with_upstreams_role_a_viewer_starts_pods(governed: Cluster, profile: str) -> None:
    before: list[Any] = governed.get(ROLE)["rules"]

    def set_rules(rules: list[Any]) -> None:
        patch = [{"op": "replace", "path": "/rules", "value": rules}]
        governed.done("PATCH", ROLE, patch, content_type=JSON_PATCH)

    set_rules([*before, UPSTREAMS])
    try:
        eventually(lambda: not may_view(governed, "view", "create", profile))
    finally:
        set_rules(before)
        eventually(lambda: may_view(governed, "view", "create", profile))
