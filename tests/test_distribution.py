"""Tests go to where what they share is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.rendering.platform import Platform
from tests.support.distribution import ON_THE_PLATFORM, shares_an_app


@pytest.mark.parametrize("start", ON_THE_PLATFORM)
def test_every_entry_names_tests(start: str, project: Path) -> None:
    """One that names none any more would send its tests back to the longest queue."""
    folder = project / "tests"

    assert [file for file in folder.rglob("test_*.py") if is_below(file, folder, start)]


def is_below(file: Path, folder: Path, start: str) -> bool:
    return file.relative_to(folder).as_posix().startswith(start)


@pytest.fixture
def platform() -> Platform | None:
    """Says that it is expensive."""
    return None


@pytest.fixture
def of_platform(platform: Platform | None) -> str:
    """Says nothing, but takes what is."""
    return str(platform)


def test_one_that_takes_an_app_shares_it(
    platform: Platform | None, request: pytest.FixtureRequest
) -> None:
    assert platform is None
    assert shares_an_app(request.node)


def test_so_does_one_whose_fixture_takes_it(
    of_platform: str, request: pytest.FixtureRequest
) -> None:
    assert of_platform == "None"
    assert shares_an_app(request.node)


def test_one_that_takes_none_runs_anywhere(project: Path, request: pytest.FixtureRequest) -> None:
    assert project.is_dir()
    assert not shares_an_app(request.node)
