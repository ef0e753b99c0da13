"""The trigger of sign-in follows groups on a real API server, as the identity that it has there."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from kubeflow_aws.deployment.profiles import ContributorGroup, ContributorRole, Profile
from kubeflow_aws.identity.pre_token_generation import memberships
from kubeflow_aws.identity.pre_token_generation.kubernetes import (
    POLICIES,
    ROLE_BINDINGS,
    ApiError,
    Kubernetes,
)
from kubeflow_aws.identity.pre_token_generation.memberships import reconcile
from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP
from kubeflow_aws.profiles.contributor_groups import group_packs
from kubeflow_aws.profiles.namespace import NAMESPACE_LABELS
from kubeflow_aws.rendering.platform import Platform
from tests.platform.reviews import may
from tests.support.kubernetes import TOKEN, Cluster
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

TRIGGER = "arn:aws:sts::123456789012:assumed-role/trigger/function"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
ISTIO = "/apis/security.istio.io/v1"
BOB, EVE = "bob@example.com", "eve@example.com"
RESEARCH = ContributorGroup(group="research")
READERS = ContributorGroup(group="readers", provider="Okta", role=ContributorRole.VIEW)


@pytest.fixture(scope="module")
def cluster(governed: Cluster, upstream_platform: Platform) -> Cluster:
    """Profiles' roles and policies, and the kind of the mesh's policies."""
    for item in upstream_platform.objects:
        if metadata(item)["name"] == "authorizationpolicies.security.istio.io":
            governed.define(dict(item))
    return governed


@pytest.fixture
def trigger(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kubernetes]:
    """The trigger's own client, with the name and the group of its access entry."""
    # How fast this machine is, is not what is tested.
    monkeypatch.setattr(memberships, "SECONDS", 60)
    api = Kubernetes(
        url=cluster.api.url,
        authority=cluster.api.ca_certificate,
        headers={
            "Authorization": f"Bearer {TOKEN}",
            "Impersonate-User": TRIGGER,
            "Impersonate-Group": TRIGGER_GROUP,
        },
        seconds=30,
    )
    yield api
    api.close()


@pytest.fixture
def new_profile(cluster: Cluster) -> Callable[..., Profile]:
    def make(*groups: ContributorGroup) -> Profile:
        name = f"team-{uuid.uuid4().hex[:8]}"
        labels = dict(NAMESPACE_LABELS)
        cluster.done("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": labels}})
        profile = Profile(name=name, owner="owner@example.com", contributors=groups)
        apply(cluster, profile)
        return profile

    return make


def apply(cluster: Cluster, profile: Profile) -> None:
    """As the deployment does."""
    for pack in group_packs([profile]):
        cluster.apply(*pack.objects)
    if profile.groups:
        eventually(lambda: not trigger_may(cluster, "create", profile))


def trigger_may(cluster: Cluster, verb: str, profile: Profile) -> bool:
    """What the trigger may do with bindings of a profile."""
    bindings = "rolebindings.rbac.authorization.k8s.io"
    return may(cluster, TRIGGER, verb, bindings, profile.name, TRIGGER_GROUP)


def works(cluster: Cluster, user: str, verb: str, profile: Profile) -> bool:
    """What somebody may do with notebooks of a profile."""
    return may(cluster, user, verb, "notebooks.kubeflow.org", profile.name)


def let_in(cluster: Cluster, profile: Profile) -> set[str]:
    """Whose requests the mesh lets into a profile, in the policies of people."""
    found = cluster.get(f"{ISTIO}/namespaces/{profile.name}/authorizationpolicies")["items"]
    return {
        value
        for item in found
        for rule in item["spec"]["rules"]
        for condition in rule["when"]
        for value in condition["values"]
    } - {"nobody"}


def of_people(cluster: Cluster, profile: Profile) -> list[dict[str, Any]]:
    """The bindings that the dashboard lists: those that name a user and a role."""
    found = cluster.get(f"{RBAC}/namespaces/{profile.name}/rolebindings")["items"]
    return [
        item for item in found if {"user", "role"} <= set(item["metadata"].get("annotations", {}))
    ]


def groups(*members: ContributorGroup) -> frozenset[str]:
    return frozenset(member.identity for member in members)


def test_a_group_lets_nobody_in_by_itself(
    cluster: Cluster, new_profile: Callable[..., Profile]
) -> None:
    """So members need rights of their own: nobody asks for what a group may do."""
    profile = new_profile(RESEARCH)

    assert not works(cluster, BOB, "get", profile)
    assert let_in(cluster, profile) == set()
    assert of_people(cluster, profile) == []


def test_a_member_works_in_the_profile_after_the_next_token(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile, other = new_profile(RESEARCH), new_profile(READERS)

    reconcile(trigger, BOB, groups(RESEARCH))

    eventually(lambda: not works(cluster, BOB, "create", profile))
    assert let_in(cluster, profile) == {BOB}
    [binding] = of_people(cluster, profile)
    assert binding["metadata"]["annotations"]["user"] == BOB
    assert binding["metadata"]["annotations"]["role"] == "edit"
    assert not works(cluster, BOB, "get", other)
    assert let_in(cluster, other) == set()


def test_who_leaves_the_group_works_there_no_more(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(RESEARCH, READERS)
    reconcile(trigger, BOB, groups(RESEARCH))
    reconcile(trigger, EVE, groups(RESEARCH))
    eventually(lambda: not works(cluster, BOB, "create", profile))

    reconcile(trigger, BOB, groups())

    eventually(lambda: works(cluster, BOB, "get", profile))
    assert let_in(cluster, profile) == {EVE}
    eventually(lambda: not works(cluster, EVE, "create", profile))


def test_of_several_groups_the_one_that_may_more_counts(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(READERS, RESEARCH)

    reconcile(trigger, BOB, groups(READERS))
    eventually(lambda: not works(cluster, BOB, "get", profile))
    assert not works(cluster, BOB, "create", profile)

    reconcile(trigger, BOB, groups(READERS, RESEARCH))
    eventually(lambda: not works(cluster, BOB, "create", profile))
    assert len(of_people(cluster, profile)) == 1

    reconcile(trigger, BOB, groups(READERS))
    eventually(lambda: works(cluster, BOB, "create", profile))
    eventually(lambda: not works(cluster, BOB, "get", profile))


def test_a_token_that_changes_nothing_writes_nothing(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(RESEARCH)
    reconcile(trigger, BOB, groups(RESEARCH))
    before = of_people(cluster, profile)

    reconcile(trigger, BOB, groups(RESEARCH))

    assert of_people(cluster, profile) == before


def test_what_was_changed_by_hand_is_made_anew(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(RESEARCH)
    reconcile(trigger, BOB, groups(RESEARCH))
    path = f"{ISTIO}/namespaces/{profile.name}/authorizationpolicies"
    [policy] = cluster.get(f"{path}?labelSelector={memberships.MEMBER}")["items"]
    cluster.done(
        "PATCH",
        f"{path}/{policy['metadata']['name']}",
        {"spec": {"rules": [{}]}},
        content_type="application/merge-patch+json",
    )

    reconcile(trigger, BOB, groups(RESEARCH))

    assert let_in(cluster, profile) == {BOB}


def test_a_group_that_left_the_file_takes_its_members_along(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    """Without a sign-in: Kubernetes deletes what belongs to what is gone."""
    profile = new_profile(RESEARCH)
    reconcile(trigger, BOB, groups(RESEARCH))
    eventually(lambda: not works(cluster, BOB, "create", profile))

    for pack in group_packs([profile]):
        for item in pack.objects:
            cluster.done("DELETE", cluster.address_of(item, profile.name))

    eventually(lambda: works(cluster, BOB, "get", profile))
    eventually(lambda: let_in(cluster, profile))
    assert of_people(cluster, profile) == []
    reconcile(trigger, BOB, groups(RESEARCH))
    assert not works(cluster, BOB, "get", profile)


def test_a_provider_speaks_for_its_own_groups_alone(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(RESEARCH)

    reconcile(trigger, EVE, frozenset({"Okta:research", "research", "cognito:research"}))

    assert of_people(cluster, profile) == []
    assert let_in(cluster, profile) == set()


def binding_by_hand(name: str, role: str) -> dict[str, Any]:
    group = "rbac.authorization.k8s.io"
    return {
        "metadata": {
            "name": name,
            "labels": {"kubeflow-aws/member": "0123"},
            "annotations": {"user": EVE},
        },
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": EVE}],
    }


@pytest.mark.parametrize("role", ["cluster-admin", "kubeflow-admin"])
def test_sign_in_gives_no_other_role(
    role: str, cluster: Cluster, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile(RESEARCH)

    code, answer = cluster.request(
        "POST",
        f"{RBAC}/namespaces/{profile.name}/rolebindings",
        binding_by_hand("more", role),
        user=TRIGGER,
        group=TRIGGER_GROUP,
    )

    assert code == 403, answer
    assert not works(cluster, EVE, "get", profile)


def test_sign_in_gives_nothing_where_no_group_is_named(
    cluster: Cluster, new_profile: Callable[..., Profile]
) -> None:
    profile = new_profile()

    code, answer = cluster.request(
        "POST",
        f"{RBAC}/namespaces/{profile.name}/rolebindings",
        binding_by_hand("elsewhere", "kubeflow-edit"),
        user=TRIGGER,
        group=TRIGGER_GROUP,
    )

    assert code == 403
    assert 'cannot create resource "rolebindings"' in answer["message"]


def test_sign_in_takes_away_nothing_of_others(
    cluster: Cluster, new_profile: Callable[..., Profile]
) -> None:
    """Neither what the dashboard gave, nor the groups themselves."""
    profile = new_profile(RESEARCH)
    path = f"{RBAC}/namespaces/{profile.name}/rolebindings"
    by_hand = binding_by_hand("user-eve-clusterrole-edit", "kubeflow-edit")
    del by_hand["metadata"]["labels"]
    cluster.done("POST", path, by_hand)

    for item in cluster.get(path)["items"]:
        code, answer = cluster.request(
            "DELETE",
            f"{path}/{item['metadata']['name']}",
            user=TRIGGER,
            group=TRIGGER_GROUP,
        )
        assert code == 403, answer
        assert "sign-in touches what it gave to members of groups" in answer["message"]


def test_what_cannot_be_taken_away_stops_the_sign_in(
    cluster: Cluster, trigger: Kubernetes, new_profile: Callable[..., Profile]
) -> None:
    """Here the right to it is gone, while the rights that it gave are there."""
    profile = new_profile(RESEARCH)
    reconcile(trigger, BOB, groups(RESEARCH))
    [name] = [
        item["metadata"]["name"]
        for item in cluster.get(f"{RBAC}/namespaces/{profile.name}/rolebindings")["items"]
        if item["metadata"]["name"].endswith("-sign-in")
    ]
    cluster.done("DELETE", f"{RBAC}/namespaces/{profile.name}/rolebindings/{name}")
    eventually(lambda: trigger_may(cluster, "delete", profile))

    with pytest.raises(ApiError, match="403"):
        reconcile(trigger, BOB, groups())

    apply(cluster, profile)
    reconcile(trigger, BOB, groups())


def test_who_is_in_no_group_of_kubernetes_reads_and_writes_nothing(cluster: Cluster) -> None:
    """An access entry makes the trigger what it is: without one its role is nobody."""
    for group, resource in (ROLE_BINDINGS, POLICIES):
        assert cluster.request("GET", f"{group}/{resource}", user=TRIGGER)[0] == 403
