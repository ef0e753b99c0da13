"""The table of acknowledgments in docs/security.md is what the apps have."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.checks.acknowledgments import (
    Acknowledgment,
    acknowledgments_in,
    table_of,
)
from kubeflow_aws.checks.production import EVERYWHERE, PACK
from tests.support.assembly import CheckedAssembly
from tests.support.generated import is_current


def test_no_unacknowledged_finding_in_production(checked_production: CheckedAssembly) -> None:
    assert checked_production.findings == []


def test_the_table_of_acknowledgments_is_current_snapshot(
    checked_production: CheckedAssembly,
    checked_data_plane: CheckedAssembly,
    option: Callable[[str], CheckedAssembly],
    pipeline: CheckedAssembly,
    project: Path,
    pytestconfig: pytest.Config,
) -> None:
    """`make snapshots` writes it anew."""
    apps = [checked_production, checked_data_plane, option("vanilla"), option("rds-only"), pipeline]
    found = [each for app in apps for each in acknowledgments_in(app.assembly.folder)]
    # They stand at the app, which has no template to show them.
    found += [
        Acknowledgment(finding=f"{PACK}-{rule}", reason=reason, where="everything in production")
        for rule, reason in EVERYWHERE.items()
    ]
    update: bool = pytestconfig.getoption("--snapshot-update")
    page = project / "docs" / "security.md"

    assert is_current(page, "acknowledgments", table_of(found), update=update), "run make snapshots"
