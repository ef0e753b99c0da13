"""Profiles and contributors: what is applied, in packs that stay where they are."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote_plus

import pytest

from kubeflow_aws.deployment.profiles import Contributor, ContributorRole, Profile, Quota
from kubeflow_aws.profiles import profiles
from kubeflow_aws.profiles.limits import DEFAULT_REQUEST
from kubeflow_aws.profiles.pod_defaults import PodDefaults
from kubeflow_aws.profiles.profiles import (
    CONTRIBUTOR_STACKS,
    contributor_packs,
    profile_packs,
)
from kubeflow_aws.profiles.volumes import ProfileVolumes
from kubeflow_aws.rendering.packs import MAX_PACK_BYTES, MAX_PACK_OBJECTS, Pack, Phase
from tests.support.file_systems import FSX

NOTHING = (
    ProfileVolumes(efs_class=None, fsx=None),
    PodDefaults(pipelines=False, artifacts_bucket=None, region="us-west-2"),
)
EVERYTHING = (
    ProfileVolumes(efs_class="efs", fsx=FSX),
    PodDefaults(pipelines=True, artifacts_bucket="artifacts", region="us-west-2"),
)


def team(number: int, *contributors: Contributor) -> Profile:
    return Profile(
        name=f"team-{number}", owner=f"owner-{number}@example.com", contributors=contributors
    )


def places(stacks: dict[int, list[Pack]]) -> dict[tuple[int, int], set[str]]:
    """Names in each pack, by stack and number."""
    return {
        (stack, pack.number): named([pack]) for stack, packs in stacks.items() for pack in packs
    }


def named(packs: list[Pack]) -> set[str]:
    return {str(item["metadata"]["name"]) for pack in packs for item in any_objects(pack)}


def any_objects(pack: Pack) -> list[Any]:
    return list(pack.objects)


def bindings(packs: dict[int, list[Pack]]) -> dict[str, Any]:
    return {
        f"{item['metadata']['namespace']}/{item['metadata']['annotations']['user']}": item
        for stack in packs.values()
        for pack in stack
        for item in any_objects(pack)
        if item["kind"] == "RoleBinding"
    }


def test_a_profile_finds_a_namespace_that_its_controller_takes_as_its_own() -> None:
    [[pack]] = profile_packs([team(1)], *NOTHING).values()
    namespace, profile, *_ = any_objects(pack)

    assert pack.phase is Phase.DEFINITIONS
    assert namespace["metadata"]["annotations"] == {"owner": "owner-1@example.com"}
    assert namespace["metadata"]["labels"] == {
        "app.kubernetes.io/part-of": "kubeflow-profile",
        "istio-injection": "enabled",
        "pod-security.kubernetes.io/enforce": "baseline",
    }
    assert profile["spec"] == {"owner": {"kind": "User", "name": "owner-1@example.com"}}


def test_a_quota_limits_what_pods_and_volumes_ask_for() -> None:
    quota = Quota(cpu="32", memory="128Gi", gpus=0, storage="1Ti", volumes=10)
    [[pack]] = profile_packs([team(1).model_copy(update={"quota": quota})], *NOTHING).values()

    assert any_objects(pack)[1]["spec"]["resourceQuotaSpec"]["hard"] == {
        "requests.cpu": "32",
        "requests.memory": "128Gi",
        "requests.nvidia.com/gpu": "0",
        "requests.storage": "1Ti",
        "persistentvolumeclaims": "10",
    }


def of_kind(kind: str, packs: dict[int, list[Pack]]) -> dict[str, Any]:
    """Objects of one kind by their namespaces."""
    return {
        item["metadata"]["namespace"]: item
        for members in packs.values()
        for pack in members
        for item in any_objects(pack)
        if item["kind"] == kind
    }


def test_what_asks_for_nothing_gets_a_request_and_no_limit_with_and_without_a_quota() -> None:
    with_quota = team(1).model_copy(update={"quota": Quota(cpu="32")})
    found = of_kind("LimitRange", profile_packs([with_quota, team(2)], *NOTHING))

    assert set(found) == {"team-1", "team-2"}
    for item in found.values():
        [limits] = item["spec"]["limits"]
        assert limits == {
            "type": "Container",
            "defaultRequest": {"cpu": "10m", "memory": "32Mi"},
        }


def test_a_quota_is_on_requests_so_that_no_pod_needs_a_limit() -> None:
    quota = Quota(cpu="32", memory="128Gi", gpus=2, storage="1Ti", volumes=10)
    [[pack]] = profile_packs([team(1).model_copy(update={"quota": quota})], *NOTHING).values()

    hard = any_objects(pack)[1]["spec"]["resourceQuotaSpec"]["hard"]
    assert not [name for name in hard if name.startswith("limits.")]
    asked = {name.removeprefix("requests.") for name in hard if name.startswith("requests.")}
    # These are not asked of every pod (k8s.io/kubernetes, pkg/quota/v1/evaluator/core/pods.go).
    assert asked - set(DEFAULT_REQUEST) == {"nvidia.com/gpu", "storage"}


def test_a_quota_that_left_the_file_leaves_the_profile() -> None:
    """The controller then deletes its ResourceQuota (Dashboard v2.0.0, profile_controller.go)."""
    [[pack]] = profile_packs([team(1)], *NOTHING).values()

    assert "resourceQuotaSpec" not in any_objects(pack)[1]["spec"]


def test_the_scraper_reads_the_metrics_of_a_profile_only_where_there_is_one() -> None:
    ranges = ("10.0.96.0/19", "10.0.128.0/19")
    without = of_kind("NetworkPolicy", profile_packs([team(1)], *NOTHING))["team-1"]
    found = profile_packs([team(1)], *NOTHING, scraper_ranges=ranges)
    *rules, metrics = of_kind("NetworkPolicy", found)["team-1"]["spec"]["ingress"]

    assert rules == without["spec"]["ingress"]
    assert metrics == {
        "from": [{"ipBlock": {"cidr": each}} for each in ranges],
        "ports": [{"port": 15020}],
    }
    assert all("from" in rule or "ports" in rule for rule in rules)


def test_pods_reach_everything_but_file_systems() -> None:
    spec = of_kind("NetworkPolicy", profile_packs([team(1)], *NOTHING))["team-1"]["spec"]
    [rule] = spec["egress"]

    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["podSelector"] == {}
    assert rule == {
        "ports": [
            {"protocol": "TCP", "port": 1, "endPort": 987},
            {"protocol": "TCP", "port": 989, "endPort": 1017},
            {"protocol": "TCP", "port": 1024, "endPort": 2048},
            {"protocol": "TCP", "port": 2050, "endPort": 65535},
            {"protocol": "UDP"},
            {"protocol": "SCTP"},
        ]
    }


def test_a_thousand_profiles_fit_into_bounded_packs() -> None:
    profiles = [team(number) for number in range(1000)]
    stacks = profile_packs(profiles, *NOTHING)
    packs = [pack for members in stacks.values() for pack in members]

    assert {name for members in stacks.values() for name in named(members)} == {
        *(profile.name for profile in profiles),
        "kubeflow-profile",
        "namespaceAdmin",
    }
    assert sum(len(pack.objects) for pack in packs) == 5000
    assert len(packs) <= 200
    for members in stacks.values():
        assert len({pack.number for pack in members}) == len(members)
    for pack in packs:
        assert len(pack.objects) <= MAX_PACK_OBJECTS
        assert pack.escaped_bytes <= MAX_PACK_BYTES


def test_a_profile_more_or_less_touches_one_pack() -> None:
    profiles = [team(number) for number in range(300)]
    before = places(profile_packs(profiles, *NOTHING))
    after = places(profile_packs(profiles[:-1], *NOTHING))

    changed = {place for place in before | after if before.get(place) != after.get(place)}
    assert len(changed) <= 3  # one, or two that become one


def test_the_order_in_the_file_does_not_matter() -> None:
    profiles = [team(number, Contributor(email="a@b.com")) for number in range(30)]

    assert profile_packs(profiles, *NOTHING) == profile_packs(profiles[::-1], *NOTHING)
    assert contributor_packs(profiles) == contributor_packs(profiles[::-1])


def test_a_contributor_is_what_the_dashboard_would_make() -> None:
    viewer = Contributor(email="bob.b@example.com", role=ContributorRole.VIEW)
    packs = contributor_packs([team(1, viewer)])
    [[pack]] = packs.values()
    [binding, policy] = any_objects(pack)

    assert pack.phase is Phase.WORKLOADS
    assert binding["metadata"]["namespace"] == "team-1"
    assert binding["metadata"]["annotations"] == {"role": "view", "user": "bob.b@example.com"}
    assert binding["metadata"]["name"].startswith("user-bob-b-example-com-")
    assert binding["roleRef"]["name"] == "kubeflow-view"
    assert [subject["name"] for subject in binding["subjects"]] == ["bob.b@example.com"]
    assert policy["metadata"] == binding["metadata"]
    for rule in policy["spec"]["rules"]:
        assert rule["when"] == [
            {"key": "request.headers[kubeflow-userid]", "values": ["bob.b@example.com"]}
        ]


def of_the_dashboard(email: str, role: str) -> str:
    """The name that it gives (kubeflow/dashboard, access-management/kfam, getBindingName)."""
    user = quote_plus(re.sub("[^a-zA-Z0-9]+", "-", email))
    return re.sub("[^a-zA-Z0-9]+", "-", f"User-{user}-ClusterRole-{role}".lower())


AMBIGUOUS = [
    "a.b@example.com",
    "a-b@example.com",
    "a+b@example.com",
    "a_b@example.com",
    "a@b.example.com",
    "a@b-example.com",
]


def test_addresses_that_differ_in_punctuation_are_different_people() -> None:
    people = [Contributor(email=email) for email in AMBIGUOUS]
    packs = contributor_packs([team(1, *people)])
    # Two that meet in one pack have one suffix.
    names = {name.rpartition("-")[0] for members in packs.values() for name in named(members)}

    assert len(names) == len(AMBIGUOUS)
    assert len(bindings(packs)) == len(AMBIGUOUS)
    # In the dashboard's own way they would be three.
    assert len({of_the_dashboard(email, "edit") for email in AMBIGUOUS}) < len(AMBIGUOUS)


def test_what_the_dashboard_makes_for_the_same_person_has_another_name() -> None:
    """Its names end with a role; these never do, whatever the address is."""
    role = re.compile("-(kubeflow-)?(admin|edit|view)$")

    for email in AMBIGUOUS:
        for name in ("admin", "edit", "view", "kubeflow-edit"):
            assert role.search(of_the_dashboard(email, name))
        for packs in contributor_packs([team(1, Contributor(email=email))]).values():
            assert not [name for name in named(packs) if role.search(name)]


@pytest.mark.parametrize(
    "email", ["x" * 242 + "@example.com", "a@b.c", ".@example.com", "-" * 30 + "@example.com"]
)
def test_a_name_is_one_that_kubernetes_takes_however_long_the_address(email: str) -> None:
    packs = contributor_packs([team(1, Contributor(email=email))])
    [name] = {name for members in packs.values() for name in named(members)}

    assert re.fullmatch("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name)


def test_a_new_owner_is_the_owner_in_every_object() -> None:
    def owners(profile: Profile) -> dict[str, str]:
        [[pack]] = profile_packs([profile], *NOTHING).values()
        found = {item["kind"]: item for item in any_objects(pack)}
        binding = found["RoleBinding"]
        assert binding["metadata"]["name"] == "namespaceAdmin"
        assert binding["roleRef"]["name"] == "kubeflow-admin"
        [subject] = binding["subjects"]
        return {
            "namespace": found["Namespace"]["metadata"]["annotations"]["owner"],
            "profile": found["Profile"]["spec"]["owner"]["name"],
            "rights": subject["name"],
            "dashboard": binding["metadata"]["annotations"]["user"],
        }

    assert set(owners(team(1)).values()) == {"owner-1@example.com"}
    sold = team(1).model_copy(update={"owner": "new@example.com"})
    assert set(owners(sold).values()) == {"new@example.com"}


def test_who_leaves_the_file_loses_her_rights() -> None:
    """A pack that changed is another one, of other names: the old is deleted with all it held."""
    alice, bob = Contributor(email="alice@example.com"), Contributor(email="bob@example.com")
    before = contributor_packs([team(1, alice, bob), team(2, alice)])
    after = contributor_packs([team(1, alice), team(2, alice)])

    gone = bindings(before)["team-1/bob@example.com"]["metadata"]["name"]
    old_packs = {pack.number: pack for packs in before.values() for pack in packs}
    new_packs = {pack.number: pack for packs in after.values() for pack in packs}
    [removed] = old_packs.keys() - new_packs.keys()
    assert gone in named([old_packs[removed]])
    kept = named(list(new_packs.values()))
    assert not kept & named([old_packs[removed]])
    assert "team-1/bob@example.com" not in bindings(after)
    assert "team-1/alice@example.com" in bindings(after)


def test_a_release_that_names_them_otherwise_leaves_nothing_behind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A pack that kept its number would be updated, and an update deletes nothing."""
    members = [team(1, Contributor(email="alice@example.com"))]
    [[before]] = contributor_packs(members).values()
    monkeypatch.setattr(
        profiles, "contributor_name", lambda who, role, *, suffix: f"other-{who}-{role}-{suffix}"
    )
    [[after]] = contributor_packs(members).values()

    assert before.number != after.number


def test_many_contributors_fit_into_bounded_packs_of_four_stacks() -> None:
    people = [Contributor(email=f"user-{number}@example.com") for number in range(100)]
    packs = contributor_packs([team(number, *people) for number in range(10)])

    assert set(packs) <= set(range(1, CONTRIBUTOR_STACKS + 1))
    assert len(bindings(packs)) == 1000
    for stack in packs.values():
        assert len({pack.number for pack in stack}) == len(stack)
        for pack in stack:
            assert len(pack.objects) <= MAX_PACK_OBJECTS
            assert pack.escaped_bytes <= MAX_PACK_BYTES


def test_five_thousand_profiles_and_what_they_hold_fit_their_stacks() -> None:
    stacks = profile_packs([team(number) for number in range(5000)], *EVERYTHING)

    for packs in stacks.values():
        assert len(packs) <= 490
        for pack in packs:
            assert len(pack.objects) <= MAX_PACK_OBJECTS
            assert pack.escaped_bytes < MAX_PACK_BYTES
            assert pack.phase is Phase.DEFINITIONS


def test_namespaces_come_first_and_what_profiles_hold_after_them() -> None:
    [[pack], *_] = profile_packs([team(1)], *EVERYTHING).values()

    assert [item["kind"] for item in any_objects(pack)] == [
        "Namespace",
        "Profile",
        "RoleBinding",
        "LimitRange",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "PodDefault",
        "PodDefault",
    ]
