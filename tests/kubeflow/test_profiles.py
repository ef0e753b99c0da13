"""Profiles and contributors: what is applied, in packs that stay where they are."""

from __future__ import annotations

from typing import Any

from kubeflow_aws.deployment.profiles import Contributor, ContributorRole, Profile, Quota
from kubeflow_aws.kubeflow.profiles import CONTRIBUTOR_STACKS, contributor_packs, profile_packs
from kubeflow_aws.manifests.packs import MAX_PACK_BYTES, MAX_PACK_OBJECTS, Pack, Phase


def team(number: int, *contributors: Contributor) -> Profile:
    return Profile(
        name=f"team-{number}", owner=f"owner-{number}@example.com", contributors=contributors
    )


def names(packs: list[Pack]) -> dict[int, set[str]]:
    return {
        pack.number: {str(item["metadata"]["name"]) for item in any_objects(pack)} for pack in packs
    }


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
    [pack] = profile_packs([team(1)])
    [namespace, profile] = any_objects(pack)

    assert pack.phase is Phase.DEFINITIONS
    assert namespace["metadata"]["annotations"] == {"owner": "owner-1@example.com"}
    assert namespace["metadata"]["labels"] == {"istio-injection": "enabled"}
    assert profile["spec"] == {"owner": {"kind": "User", "name": "owner-1@example.com"}}


def test_a_quota_limits_what_pods_and_volumes_ask_for() -> None:
    quota = Quota(cpu="32", memory="128Gi", gpus=0, storage="1Ti", volumes=10)
    [pack] = profile_packs([team(1).model_copy(update={"quota": quota})])

    assert any_objects(pack)[1]["spec"]["resourceQuotaSpec"]["hard"] == {
        "requests.cpu": "32",
        "requests.memory": "128Gi",
        "requests.nvidia.com/gpu": "0",
        "requests.storage": "1Ti",
        "persistentvolumeclaims": "10",
    }


def test_a_thousand_profiles_fit_into_bounded_packs() -> None:
    profiles = [team(number) for number in range(1000)]
    packs = profile_packs(profiles)

    assert {name for each in names(packs).values() for name in each} == {
        profile.name for profile in profiles
    }
    assert sum(len(pack.objects) for pack in packs) == 2000
    assert len({pack.number for pack in packs}) == len(packs) <= 100
    for pack in packs:
        assert len(pack.objects) <= MAX_PACK_OBJECTS
        assert pack.escaped_bytes <= MAX_PACK_BYTES


def test_a_profile_more_or_less_touches_one_pack() -> None:
    profiles = [team(number) for number in range(300)]
    before = names(profile_packs(profiles))
    after = names(profile_packs(profiles[:-1]))

    changed = {number for number in before | after if before.get(number) != after.get(number)}
    assert len(changed) <= 3  # one, or two that become one


def test_the_order_in_the_file_does_not_matter() -> None:
    profiles = [team(number, Contributor(email="a@b.com")) for number in range(30)]

    assert profile_packs(profiles) == profile_packs(profiles[::-1])
    assert contributor_packs(profiles) == contributor_packs(profiles[::-1])


def test_a_contributor_is_what_the_dashboard_would_make() -> None:
    viewer = Contributor(email="bob.b@example.com", role=ContributorRole.VIEW)
    packs = contributor_packs([team(1, viewer)])
    [[pack]] = packs.values()
    [binding, policy] = any_objects(pack)

    assert pack.phase is Phase.WORKLOADS
    assert binding["metadata"]["namespace"] == "team-1"
    assert binding["metadata"]["annotations"] == {"role": "view", "user": "bob.b@example.com"}
    assert binding["metadata"]["name"].startswith("user-bob-b-example-com-clusterrole-view-")
    assert binding["roleRef"]["name"] == "kubeflow-view"
    assert [subject["name"] for subject in binding["subjects"]] == ["bob.b@example.com"]
    assert policy["metadata"] == binding["metadata"]
    [rule] = policy["spec"]["rules"]
    assert rule["when"] == [
        {"key": "request.headers[kubeflow-userid]", "values": ["bob.b@example.com"]}
    ]
    assert len(rule["from"][0]["source"]["principals"]) == 2


def test_who_leaves_the_file_loses_her_rights() -> None:
    """A pack that changed is another one, of other names: the old is deleted with all it held."""
    alice, bob = Contributor(email="alice@example.com"), Contributor(email="bob@example.com")
    before = contributor_packs([team(1, alice, bob), team(2, alice)])
    after = contributor_packs([team(1, alice), team(2, alice)])

    gone = bindings(before)["team-1/bob@example.com"]["metadata"]["name"]
    old_packs = {pack.number: pack for packs in before.values() for pack in packs}
    new_packs = {pack.number: pack for packs in after.values() for pack in packs}
    [removed] = old_packs.keys() - new_packs.keys()
    assert gone in names([old_packs[removed]])[removed]
    kept = {name for each in names(list(new_packs.values())).values() for name in each}
    assert not kept & names([old_packs[removed]])[removed]
    assert "team-1/bob@example.com" not in bindings(after)
    assert "team-1/alice@example.com" in bindings(after)


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
