"""Our roles of other people's controllers, held against the policies that these publish."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ConfigDict

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.upstream.lock import load_lock
from tests.rights.reference import actions_like
from tests.rights.statements import Statement, statement_of, statements_in
from tests.support.assembly import Assembly

FOLDER = Path(__file__).parent / "published"


class Published(BaseModel):
    """A published policy, and where ours differs from it.

    Attributes:
        component: Whose it is: a name in the lock file, or an add-on's.
        version: For which it was read.
        source: Where it stands.
        roles: How the logical ids of our policies begin.
        published: Its actions.
        missing: Those that ours lacks, and why.
        wider: What ours has besides, and why.
        whole: Resources of rights that must not be narrowed to what we make, since the program
            asks for others, and takes a refusal for a failure.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    component: str
    version: str
    source: str
    roles: list[str]
    published: list[str]
    missing: dict[str, str]
    wider: dict[str, str]
    whole: dict[str, str] = {}


POLICIES = [
    Published.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    for file in sorted(FOLDER.glob("*.yaml"))
]


@pytest.fixture(scope="module")
def statements(data_plane_assembly: Assembly, cognito_assembly: Assembly) -> list[Statement]:
    assemblies = (data_plane_assembly, cognito_assembly)
    return [each for one in assemblies for each in statements_in(one.templates)]


def statements_of(policy: Published, statements: list[Statement]) -> list[Statement]:
    """Those of our roles for a program."""
    roles = tuple(policy.roles)
    return [
        each
        for each in statements
        if each.is_of_identity and each.where.partition("/")[2].startswith(roles)
    ]


def narrowed(policy: Published, ours: list[Statement]) -> list[str]:
    """Actions that ours has on less than it must."""
    return [
        action
        for action, resource in policy.whole.items()
        if not any(action in each.actions and resource in each.resources for each in ours)
    ]


@pytest.fixture(params=POLICIES, ids=lambda policy: policy.component)
def policy(request: pytest.FixtureRequest) -> Published:
    found: Published = request.param
    return found


def test_ours_is_the_published_one_but_for_what_has_a_reason(
    policy: Published, statements: list[Statement]
) -> None:
    ours = {action for each in statements_of(policy, statements) for action in each.actions}

    assert sorted(set(policy.published) - ours) == sorted(policy.missing)
    assert sorted(ours - set(policy.published)) == sorted(policy.wider)


def test_what_it_asks_of_others_than_ours_is_whole(
    policy: Published, statements: list[Statement]
) -> None:
    assert narrowed(policy, statements_of(policy, statements)) == []


def test_a_right_for_ours_alone_is_found() -> None:
    [policy] = [each for each in POLICIES if each.component == "karpenter"]
    own = statement_of(
        {
            "Effect": "Allow",
            "Action": "iam:GetInstanceProfile",
            "Resource": "arn:aws:iam::123456789012:instance-profile/name",
        },
        "here",
    )

    assert narrowed(policy, [own]) == ["iam:GetInstanceProfile"]


def test_it_is_of_the_version_that_is_deployed(policy: Published, project: Path) -> None:
    charts = load_lock(project / "manifests" / "upstream.lock.yaml").sources
    addons = kubernetes_versions()["1.35"].addons
    assert addons
    versions = {name: source.version for name, source in charts.items()}
    assert policy.version == (versions | {"aws-fsx-csi-driver": addons.fsx_csi})[policy.component]


def test_its_actions_exist(policy: Published) -> None:
    # WAF Classic is gone from the reference.
    gone = {each for each in policy.published if each.startswith("waf-regional:")}
    assert [each for each in set(policy.published) - gone if not actions_like(each)] == []
