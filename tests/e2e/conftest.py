"""A local cloud, bootstrapped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.laboratory import Laboratory, running_laboratory


@pytest.fixture(scope="session")
def laboratory(
    tmp_path_factory: pytest.TempPathFactory, control_plane: Path
) -> Iterator[Laboratory]:
    with running_laboratory(tmp_path_factory.mktemp("cloud"), control_plane) as laboratory:
        yield laboratory
