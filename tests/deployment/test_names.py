"""What a deployment may be called, and what its stacks are called then."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.names import NAME_PATTERN, stack_prefix
from tests.support.deployments import variation
from tests.support.refusals import DEX_USERS, WEST, assert_refused

VANILLA = WEST + "preset: vanilla\n" + DEX_USERS
STACK_NAME = re.compile(r"[a-zA-Z][-a-zA-Z0-9]{0,127}")
"""AWS::CloudFormation::Stack, API reference of CreateStack, StackName."""


def names(longest: int) -> list[str]:
    """All names of a letter, another letter, a digit and hyphens up to a length."""
    return [
        name
        for length in range(1, longest + 1)
        for name in map("".join, product("ab1-", repeat=length))
        if re.fullmatch(NAME_PATTERN, name)
    ]


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("kubeflow", "Kubeflow"),
        ("team-a", "TeamA"),
        ("team1a", "Team1A"),
        ("team1-a", "Team1-A"),
        ("team1", "Team1"),
        ("team-1", "Team-1"),
        ("a-b-c", "ABC"),
    ],
)
def test_a_name_begins_the_names_of_its_stacks(name: str, prefix: str) -> None:
    assert stack_prefix(name) == prefix


def test_two_names_never_share_a_prefix() -> None:
    every = names(7)

    assert len(every) > 5000
    assert len({stack_prefix(name) for name in every}) == len(every)


def test_one_name_in_two_regions_has_two_certificate_stacks(vanilla: Deployment) -> None:
    """They are in one region, us-east-1; all other stacks are in the deployment's own."""
    west, east = (variation(vanilla, {"region": each}) for each in ("us-west-2", "us-east-1"))

    assert west.certificate_stack_name == "KubeflowCertificate-us-west-2"
    assert east.certificate_stack_name == "KubeflowCertificate-us-east-1"


def test_cloudformation_takes_every_prefix() -> None:
    assert [name for name in names(5) if not STACK_NAME.fullmatch(stack_prefix(name))] == []


@pytest.mark.parametrize("name", ["a--b", "team-", "-team", "1team", "Team", "team_a", "team.a"])
def test_a_name_of_another_form_is_refused(name: str, tmp_path: Path) -> None:
    assert_refused(
        f'{VANILLA}name: "{name}"\n',
        f'name: found "{name}"; a name begins with a lower-case letter and has lower-case '
        "letters, digits and single hyphens, none at its end, such as team-a",
        tmp_path,
    )


@pytest.mark.parametrize("name", ["a", "a" * 21])
def test_a_name_of_another_length_is_refused(name: str, tmp_path: Path) -> None:
    assert_refused(f"{VANILLA}name: {name}\n", f'name: found "{name}"; string should', tmp_path)
