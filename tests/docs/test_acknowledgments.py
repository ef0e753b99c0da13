"""The table of acknowledgments in docs/security.md is what the apps have, and misses none."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kubeflow_aws.checks.production import EVERYWHERE, PACK
from kubeflow_aws.deployment import Deployment
from tests.support.acknowledgments import Acknowledgment, acknowledgments_in, table_of
from tests.support.assembly import CheckedAssembly, checked
from tests.support.deployments import variation
from tests.support.generated import is_current
from tests.support.platforms import sample_of


@pytest.fixture(scope="module")
def without_backups(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """Development without backups."""
    deployment = variation(data_plane, {"rds": {"backup_retention_days": 0}})
    return checked(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("no-backups")
    )


@pytest.fixture(scope="module")
def acknowledgments(
    checked_production: CheckedAssembly,
    checked_data_plane: CheckedAssembly,
    option: Callable[[str], CheckedAssembly],
    pipeline: CheckedAssembly,
    checked_choices: CheckedAssembly,
    without_backups: CheckedAssembly,
) -> list[Acknowledgment]:
    """Those of apps that have all of them together."""
    apps = [
        checked_production,
        checked_data_plane,
        option("vanilla"),
        option("rds-only"),
        pipeline,
        checked_choices,
        without_backups,
    ]
    found = [each for app in apps for each in acknowledgments_in(app.assembly.folder)]
    # They stand at the app, which has no template to show them.
    found += [
        Acknowledgment(finding=f"{PACK}-{rule}", reason=reason, where="everything in production")
        for rule, reason in EVERYWHERE.items()
    ]
    return found


def test_no_unacknowledged_finding_in_production(checked_production: CheckedAssembly) -> None:
    assert checked_production.findings == []


def test_no_unacknowledged_finding_whatever_is_chosen(
    checked_choices: CheckedAssembly, without_backups: CheckedAssembly
) -> None:
    assert checked_choices.findings == []
    assert without_backups.findings == []


def test_the_table_of_acknowledgments_is_current_snapshot(
    acknowledgments: list[Acknowledgment], project: Path, pytestconfig: pytest.Config
) -> None:
    """`make snapshots` writes it anew."""
    update: bool = pytestconfig.getoption("--snapshot-update")
    page, table = project / "docs" / "security.md", table_of(acknowledgments)

    assert is_current(page, "acknowledgments", table, update=update), "run make snapshots"


def test_the_table_has_every_reason_that_the_code_gives(
    acknowledgments: list[Acknowledgment], project: Path
) -> None:
    given = set(reasons(project))
    shown = {each.reason for each in acknowledgments}

    assert len(given) > 30
    assert given - shown == set()


def reasons(project: Path) -> Iterator[str]:
    """The texts and the constants that are given to a call as its `reason`."""
    for file in (*project.glob("stacks/*.py"), *project.rglob("constructs/**/*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        constants = {
            node.target.id: node.value
            for node in tree.body
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        }
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            for given in (each.value for each in call.keywords if each.arg == "reason"):
                text = constants.get(given.id) if isinstance(given, ast.Name) else given
                if isinstance(text, ast.Constant):
                    yield str(text.value)
