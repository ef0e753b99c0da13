"""Groups of profiles: what is applied for each, and that it stays where it is."""

from __future__ import annotations

from typing import Any

import yaml

from kubeflow_aws.deployment.profiles import Contributor, ContributorGroup, ContributorRole, Profile
from kubeflow_aws.identity.pre_token_generation import groups, memberships
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP
from kubeflow_aws.profiles import contributor_groups
from kubeflow_aws.profiles.contributor_groups import WRITER, group_packs, label
from kubeflow_aws.profiles.profiles import contributor_packs
from kubeflow_aws.rendering.packs import MAX_PACK_BYTES, Pack, Phase
from tests.support.platforms import PROJECT

RESEARCH = ContributorGroup(group="research")
STUDENTS = ContributorGroup(group="Data Science", provider="Okta", role=ContributorRole.VIEW)


def team(*contributors: Contributor | ContributorGroup, name: str = "team") -> Profile:
    return Profile(name=name, owner="owner@example.com", contributors=contributors)


def objects(packs: list[Pack]) -> list[Any]:
    return [item for pack in packs for item in pack.objects]


def test_a_group_has_a_binding_that_lets_nobody_in_and_its_template() -> None:
    [pack] = group_packs([team(STUDENTS)])
    writer, policy, binding = objects([pack])

    assert pack.phase is Phase.WORKLOADS
    assert [subject["name"] for subject in binding["subjects"]] == ["Okta:Data Science"]
    assert [subject["kind"] for subject in binding["subjects"]] == ["Group"]
    assert binding["roleRef"]["name"] == "kubeflow-view"
    assert policy["metadata"] == binding["metadata"]
    nobody = [{"key": "request.headers[kubeflow-userid]", "values": ["nobody"]}]
    assert policy["spec"]["rules"]
    assert all(rule["when"] == nobody for rule in policy["spec"]["rules"])
    assert (writer["roleRef"]["name"], writer["subjects"][0]["name"]) == (WRITER, TRIGGER_GROUP)
    # The dashboard lists whoever has these, and stops at a binding that is not for a user.
    assert "annotations" not in binding["metadata"]


def test_a_members_policy_is_the_contributors() -> None:
    """What a viewer is, is said in one place."""
    for role in ContributorRole:
        group = ContributorGroup(group="research", role=role)
        person = Contributor(email="bob@example.com", role=role)
        _, policy, binding = objects(group_packs([team(group)]))
        [[pack]] = contributor_packs([team(person)]).values()
        of_person = objects([pack])
        binding["metadata"]["uid"] = "1"
        membership = memberships.Membership(binding=binding, policy=policy)

        made = memberships._policy("bob@example.com", membership)
        assert made["spec"] == of_person[1]["spec"]
        bound = memberships._binding("bob@example.com", membership)
        assert (bound["roleRef"], bound["subjects"]) == (
            of_person[0]["roleRef"],
            of_person[0]["subjects"],
        )
        shown = {name: bound["metadata"]["annotations"][name] for name in ("role", "user")}
        assert shown == of_person[0]["metadata"]["annotations"]


def test_the_deployment_and_the_trigger_have_the_same_names() -> None:
    """The function's code imports nothing of ours, so the names stand in both."""
    assert contributor_groups.CONTRIBUTORS == memberships.CONTRIBUTORS
    assert contributor_groups.GROUP == memberships.GROUP
    assert label("COGNITO:research") == memberships.digest("COGNITO:research")
    told = groups.groups_of({"groupConfiguration": {"groupsToOverride": ["research"]}}, None)
    assert told == {RESEARCH.identity}
    file = PROJECT / "manifests" / "components" / "tenants" / "only-members-of-groups.yaml"
    items = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
    roles = {item["metadata"]["name"] for item in items if item["kind"] == "ClusterRole"}
    assert roles == {WRITER, TRIGGER_GROUP}
    for name in (TRIGGER_GROUP, memberships.MEMBER, contributor_groups.GROUP):
        assert f"'{name}'" in file.read_text(encoding="utf-8")


def test_a_group_more_or_less_touches_no_other() -> None:
    """A binding that was made anew would take from members what they have by the old one."""
    few = {pack.number: pack for pack in group_packs([team(RESEARCH)])}
    people = Contributor(email="bob@example.com")
    profiles = [team(people, STUDENTS, RESEARCH), team(RESEARCH, name="other")]
    many = {pack.number: pack for pack in group_packs(profiles)}

    assert len(many) == 3
    assert few.items() <= many.items()


def test_another_role_is_another_pack_with_other_names() -> None:
    """The old one is deleted, with all that members got by it."""
    editors = group_packs([team(RESEARCH)])
    viewers = group_packs([team(RESEARCH.model_copy(update={"role": ContributorRole.VIEW}))])

    names = [{item["metadata"]["name"] for item in objects(packs)} for packs in (editors, viewers)]
    assert not names[0] & names[1]
    assert editors[0].number != viewers[0].number


def test_names_hold_for_any_group() -> None:
    group = ContributorGroup(group="A" * 128, provider="Okta")
    [pack] = group_packs([team(group)])

    for item in objects([pack]):
        assert len(item["metadata"]["name"]) <= 63
        for value in item["metadata"].get("labels", {}).values():
            assert len(value) <= 63
    assert pack.escaped_bytes <= MAX_PACK_BYTES
