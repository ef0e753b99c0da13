"""The diagram in docs/architecture.md is what the default deployment synthesizes to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.cli.diagram import diagrams_of
from kubeflow_aws.deployment.loading import DEFAULT_DEPLOYMENT
from tests.support.assembly import CheckedAssembly
from tests.support.generated import is_current


def test_the_diagram_is_current_snapshot(
    option: Callable[[str], CheckedAssembly], project: Path, pytestconfig: pytest.Config
) -> None:
    """`make snapshots` writes it anew."""
    caption = (
        f"Drawn from what `deployments/{DEFAULT_DEPLOYMENT}.yaml` synthesizes to; "
        "`./kubeflow-aws diagram mine` draws yours.\n\n"
    )
    text = caption + diagrams_of(option(DEFAULT_DEPLOYMENT).assembly.folder)
    update: bool = pytestconfig.getoption("--snapshot-update")
    page = project / "docs" / "architecture.md"

    assert is_current(page, "diagram", text, update=update), "run make snapshots"
