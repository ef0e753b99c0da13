"""What Kubernetes itself refuses to the people of a profile, with the real roles."""

from __future__ import annotations

from typing import Final

import pytest

from kubeflow_aws.profiles.network import PLATFORM
from kubeflow_aws.profiles.volumes import ProfileVolumes, profile_volumes
from tests.platform.reviews import may
from tests.platform.tenancy import CODE, KFAM, PROFILE, Try, attempt, person, walls
from tests.support.file_systems import FSX
from tests.support.kubernetes import Cluster, Tree
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

BY_ROLES: Final = [each for each in walls() if each.policy == "roles"]
BY_POD_SECURITY: Final = [each for each in walls() if each.policy == "pod-security"]

BINDINGS: Final = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
PROFILES: Final = "/apis/kubeflow.org/v1/profiles?dryRun=All"
BY_THE_DASHBOARD: Final = "no-profiles-by-the-dashboard"

BEYOND: Final = [
    ("get", "secrets"),
    ("create", "pods"),
    ("create", "pods/exec"),
    ("get", "pods/log"),
    ("create", "pods/portforward"),
    ("get", "services/proxy"),
    ("create", "serviceaccounts/token"),
    ("impersonate", "serviceaccounts"),
    ("get", "notebooks.kubeflow.org"),
    ("get", "runs.pipelines.kubeflow.org"),
    ("patch", "deployments.apps"),
]
"""Rights that a step into somebody else's room would need."""

EVERYWHERE: Final = [
    ("impersonate", "users"),
    ("impersonate", "groups"),
    ("get", "nodes/proxy"),
    ("list", "secrets"),
    ("patch", "namespaces"),
    ("bind", "clusterroles.rbac.authorization.k8s.io"),
    ("escalate", "roles.rbac.authorization.k8s.io"),
    ("approve", "signers.certificates.k8s.io"),
    ("patch", "profiles.kubeflow.org"),
    ("patch", "nodepools.karpenter.sh"),
    ("delete", "validatingadmissionpolicybindings.admissionregistration.k8s.io"),
]
"""Rights over the cluster."""


@pytest.mark.parametrize("attack", BY_ROLES, ids=str)
def test_no_role_of_a_profile_goes_so_far(attack: Try, tenants: Cluster) -> None:
    code, answer = attempt(tenants, attack)

    assert code == 403, answer
    assert attack.says in answer["message"]
    code, answer = attempt(tenants, attack, user="")
    assert code in {200, 201}, answer


@pytest.mark.parametrize("attack", BY_POD_SECURITY, ids=str)
def test_no_pod_gets_hold_of_its_node(attack: Try, tenants: Cluster) -> None:
    code, answer = attempt(tenants, attack)

    assert code == 403, answer
    assert 'violates PodSecurity "baseline' in answer["message"]
    assert attack.says in answer["message"]


@pytest.mark.parametrize("attack", BY_POD_SECURITY, ids=str)
def test_without_the_level_it_would(attack: Try, tenants: Cluster) -> None:
    """The pod is one, and nothing but the level refuses it."""
    elsewhere = tenants.namespace()
    account = f"/api/v1/namespaces/{elsewhere}/serviceaccounts/default"
    eventually(lambda: not tenants.exists(account))

    code, answer = attempt(tenants, attack, namespace=elsewhere, user="")

    assert code == 201, answer


@pytest.mark.parametrize("right", BEYOND, ids="-".join)
def test_code_in_a_notebook_reaches_into_no_other_room(
    right: tuple[str, str], tenants: Cluster
) -> None:
    others = ["carol", "istio-system", "kube-system", *PLATFORM]

    assert not [room for room in others if may(tenants, CODE, *right, room)]


@pytest.mark.parametrize("role", ["owner", "edit", "view"])
@pytest.mark.parametrize("right", EVERYWHERE, ids="-".join)
def test_nobody_in_a_profile_has_a_right_over_the_cluster(
    right: tuple[str, str], role: str, tenants: Cluster
) -> None:
    assert not may(tenants, person(role), *right)
    assert not may(tenants, CODE, *right)


def test_a_claim_does_not_get_the_volume_of_another_profile(tenants: Cluster) -> None:
    """Kubernetes' controller binds a volume to the claim that it names, and to no other."""
    volume, claim = profile_volumes("alice", ProfileVolumes(efs_class=None, fsx=FSX))
    tenants.apply(volume)
    metadata: Tree = {"name": "fast", "namespace": PROFILE}
    claims = f"/api/v1/namespaces/{PROFILE}/persistentvolumeclaims"
    stolen = {**claim, "metadata": metadata}
    assert tenants.request("POST", claims, stolen, user=person("edit"))[0] == 201

    tenants.apply(claim)

    at_alice = "/api/v1/namespaces/alice/persistentvolumeclaims/fast"
    eventually(lambda: tenants.get(at_alice)["status"]["phase"] != "Bound")
    assert tenants.get(f"{claims}/fast")["status"]["phase"] == "Pending"


@pytest.fixture(scope="module")
def registration() -> Tree:
    """What the dashboard makes for `POST /api/workgroup/create`."""
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": "without-a-quota"},
        "spec": {"owner": {"kind": "User", "name": "mallory@example.com"}},
    }


def test_the_dashboard_makes_no_profiles(tenants: Cluster, registration: Tree) -> None:
    eventually(lambda: tenants.request("POST", PROFILES, registration, user=KFAM)[0] < 300)

    code, answer = tenants.request("POST", PROFILES, registration, user=KFAM)

    assert code == 403
    assert "profiles are made by administrators of the platform" in answer["message"]


def test_an_administrator_makes_them(tenants: Cluster, registration: Tree) -> None:
    code, answer = tenants.request("POST", PROFILES, registration)

    assert code == 201, answer


def test_without_the_policy_the_dashboard_would(tenants: Cluster, registration: Tree) -> None:
    binding = tenants.get(f"{BINDINGS}/{BY_THE_DASHBOARD}")
    tenants.done("DELETE", f"{BINDINGS}/{BY_THE_DASHBOARD}")
    try:
        eventually(lambda: tenants.request("POST", PROFILES, registration, user=KFAM)[0] >= 300)
    finally:
        again = {"metadata": {"name": BY_THE_DASHBOARD}, "spec": binding["spec"]}
        tenants.done("POST", BINDINGS, again)
