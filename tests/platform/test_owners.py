"""A changed owner is the owner for Kubernetes and for the dashboard, on a real API server."""

from __future__ import annotations

from typing import Any

import pytest

from kubeflow_aws.deployment.profiles import Profile
from kubeflow_aws.profiles.owner import owner_binding
from tests.platform.reviews import may
from tests.support.kubernetes import MERGE, Cluster
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

OLD, NEW = "old-owner@example.com", "new-owner@example.com"


def binding_of(namespace: str) -> str:
    return f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings/namespaceAdmin"


def owned_by(owner: str, namespace: str) -> dict[str, Any]:
    return dict(owner_binding(Profile(name=namespace, owner=owner)))


def may_own(cluster: Cluster, user: str, namespace: str) -> bool:
    """What the API server says of a right that owners alone have."""
    return may(cluster, user, "create", "rolebindings.rbac.authorization.k8s.io", namespace)


def listed(cluster: Cluster, namespace: str) -> str:
    """Whom the dashboard lists (kubeflow/dashboard, access-management/kfam/bindings.go, List)."""
    found: str = cluster.get(binding_of(namespace))["metadata"]["annotations"]["user"]
    return found


def made_by_the_controller(cluster: Cluster, namespace: str) -> None:
    """The binding as its controller makes it, for an owner without a group of API."""
    made = owned_by(OLD, namespace)
    made["subjects"] = [{"kind": "User", "name": OLD}]
    cluster.done("POST", binding_of(namespace).rpartition("/")[0], made)


def test_the_controller_alone_leaves_the_old_owner_in_the_dashboard(governed: Cluster) -> None:
    """It compares role and subjects (profile_controller.go, updateRoleBinding): this is why."""
    profile = governed.namespace()
    made_by_the_controller(governed, profile)

    patch = {"subjects": [{"kind": "User", "name": NEW}]}
    governed.done("PATCH", binding_of(profile), patch, content_type=MERGE)

    eventually(lambda: not may_own(governed, NEW, profile))
    assert listed(governed, profile) == OLD


@pytest.mark.parametrize("first", ["controller", "deployment"])
def test_a_new_owner_takes_the_place_of_the_old_one(first: str, governed: Cluster) -> None:
    profile = governed.namespace()
    if first == "controller":
        made_by_the_controller(governed, profile)
    else:
        governed.apply(owned_by(OLD, profile))
    eventually(lambda: not may_own(governed, OLD, profile))

    governed.apply(owned_by(NEW, profile))

    eventually(lambda: not may_own(governed, NEW, profile))
    eventually(lambda: may_own(governed, OLD, profile))
    assert listed(governed, profile) == NEW


def test_the_controller_finds_nothing_to_change_in_it(governed: Cluster) -> None:
    """What it compares is the same, however Kubernetes completes its subject."""
    profile = governed.namespace()
    made_by_the_controller(governed, profile)
    of_the_controller = governed.get(binding_of(profile))

    governed.apply(owned_by(OLD, profile))

    ours = governed.get(binding_of(profile))
    for field in ("roleRef", "subjects"):
        assert ours[field] == of_the_controller[field]
