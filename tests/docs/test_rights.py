"""The table in docs/rights.md is what the default deployment's roles and bindings say."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rights.holders import holders_of
from kubeflow_aws.rights.table import rights_table
from tests.support.generated import is_current
from tests.support.platforms import best_of


@pytest.mark.upstream
def test_the_table_of_rights_is_current_snapshot(
    upstream_platform: Platform, project: Path, pytestconfig: pytest.Config
) -> None:
    """`make snapshots` writes it anew."""
    assert upstream_platform.components
    platform = best_of(load_deployment(deployment_path(project, None)))
    text = rights_table(holders_of(platform.objects))
    update: bool = pytestconfig.getoption("--snapshot-update")

    assert is_current(project / "docs" / "rights.md", "rights", text, update=update), (
        "run make snapshots"
    )
