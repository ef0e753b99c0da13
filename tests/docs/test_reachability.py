"""The table in docs/network-reachability.md is what the default deployment's policies say."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.profiles.platform_network import OTHER_PROFILE, network_of
from kubeflow_aws.reachability.table import table_of
from kubeflow_aws.rendering.platform import Platform
from tests.support.generated import is_current
from tests.support.platforms import best_of


@pytest.mark.upstream
def test_the_table_of_reachability_is_current_snapshot(
    upstream_platform: Platform, project: Path, pytestconfig: pytest.Config
) -> None:
    """`make snapshots` writes it anew."""
    assert upstream_platform.components
    deployment = load_deployment(deployment_path(project, None))
    network = network_of(best_of(deployment), deployment)
    text = table_of(network, hidden=frozenset({OTHER_PROFILE}))
    update: bool = pytestconfig.getoption("--snapshot-update")
    page = project / "docs" / "network-reachability.md"

    assert is_current(page, "reachability", text, update=update), "run make snapshots"
