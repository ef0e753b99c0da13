"""Mistakes about groups as contributors are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.refusals import (
    ALICE,
    COGNITO,
    PUBLIC_VPC,
    USERS,
    WEST,
    assert_refused,
    provider,
)


def group(settings: str) -> str:
    """A deployment with Cognito and a profile with these contributors."""
    profile = f"{{name: team, owner: alice@example.com, contributors: [{settings}]}}"
    return COGNITO + ALICE + f"profiles: [{profile}]\n"


REFUSALS = {
    "a group in an installation with Dex": (
        WEST
        + USERS
        + "profiles: [{name: team, owner: user@example.com, contributors: [{group: research}]}]",
        "profiles.team.contributors names the group research, but auth.provider is dex, which "
        "knows no groups; name people, or set auth.provider: cognito",
    ),
    "a group twice": (
        group("{group: research}, {group: research, role: view}"),
        "profiles.0: team names the group COGNITO:research twice; a group has one role",
    ),
    "a group of somebody who is not there": (
        group("{group: research, provider: Okta}"),
        "profiles.team.contributors names the group research of Okta, which is not in "
        "auth.cognito.identity_providers; there: none",
    ),
    "a group of the pool by a provider's name": (
        group("{group: research, provider: COGNITO}"),
        "names the group research of COGNITO, which is not in auth.cognito.identity_providers",
    ),
    "a group of a provider that tells none": (
        provider("type: saml, name: Okta, domains: [a.com], metadata_url: 'https://a.com/m'")
        + "profiles: [{name: team, owner: alice@example.com, "
        + "contributors: [{group: research, provider: Okta}]}]",
        "profiles.team.contributors names the group research of Okta, which does not tell groups; "
        "give it a groups_attribute in auth.cognito.identity_providers (type oidc or saml)",
    ),
    "a group that Cognito makes of a provider's people": (
        group("{group: us-west-2_AbCdEfGhI_Okta}"),
        'found "us-west-2_AbCdEfGhI_Okta", the group that Cognito itself makes of everybody who '
        "comes by a provider; name a group that somebody keeps",
    ),
    "several groups in one": (
        group("{group: 'research, admins'}"),
        'profiles.0.contributors.0.group.group: found "research, admins"; give the name of one '
        "group, 1 to 128 letters",
    ),
    "a pattern for a group": (group("{group: '*'}"), 'found "*"; give the name of one group'),
    "a group that is a person too": (
        group("{group: research, email: bob@example.com}"),
        "profiles.0.contributors.0.group.email: is no setting",
    ),
    "neither a person nor a group": (
        group("{role: view}"),
        "profiles.0.contributors.0.person.email: is missing",
    ),
    "a group in the cluster of somebody else": (
        group("{group: research}")
        + PUBLIC_VPC.replace("existing:", "existing:\n    load_balancer_cidrs: [10.0.0.0/20]", 1)
        + "cluster: {existing: {name: theirs, security_group_id: sg-0123456789abcdef0}}",
        "profiles.team.contributors names the group research, but cluster.existing is set, and the "
        "trigger of sign-in reaches only a cluster that is made here; name people",
    ),
    "more groups than a stack takes": (
        COGNITO
        + ALICE
        + "profiles:\n"
        + "".join(
            f"  - {{name: team-{number}, owner: alice@example.com, contributors: ["
            + ", ".join(f"{{group: g{each}}}" for each in range(81))
            + "]}\n"
            for number in range(5)
        ),
        "profiles names 405 groups as contributors; at most 400, each counted as often as it is "
        "named",
    ),
    "more than the trigger has room for beside the cluster": (
        COGNITO
        + "auth: {users: [{email: alice@example.com}], cognito: {identity_providers: ["
        + "{type: saml, name: Okta, metadata_url: 'https://a.com/m', domains: ["
        + ", ".join(f"a{number}.{'x' * 60}.{'y' * 60}.example.com" for number in range(16))
        + "]}]}}\n"
        + "profiles: [{name: team, owner: alice@example.com, contributors: [{group: research}]}]",
        "auth.cognito names so many domains of identity_providers and machine_clients that they "
        "take 2310 bytes, and where profiles name groups the trigger of sign-in has room for 2000",
    ),
}


@pytest.mark.parametrize(("text", "sentence"), REFUSALS.values(), ids=list(REFUSALS))
def test_refused(text: str, sentence: str, tmp_path: Path) -> None:
    assert_refused(text, sentence, tmp_path)
