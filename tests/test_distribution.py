"""Lists of tests name tests that are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.distribution import ON_THE_PLATFORM, WITHOUT_APPS


@pytest.mark.parametrize("start", [*WITHOUT_APPS, *ON_THE_PLATFORM])
def test_every_entry_names_tests(start: str, project: Path) -> None:
    """One that names none any more would send its tests back to the longest queue."""
    folder = project / "tests"

    assert [file for file in folder.rglob("test_*.py") if is_below(file, folder, start)]


def is_below(file: Path, folder: Path, start: str) -> bool:
    return file.relative_to(folder).as_posix().startswith(start)
