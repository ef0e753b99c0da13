"""A wheel has all that the package reads, and the type checkers see all of its Python."""

from __future__ import annotations

import glob
import subprocess
import tomllib
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

PACKAGE = Path("constructs/kubeflow_aws")


@pytest.fixture
def settings(project: Path) -> dict[str, Any]:
    """What pyproject.toml tells tools."""
    text = (project / "pyproject.toml").read_text(encoding="utf-8")
    tools: dict[str, Any] = tomllib.loads(text)["tool"]
    return tools


def tracked(project: Path, *patterns: str) -> set[PurePosixPath]:
    """Files under version control."""
    command = ["git", "ls-files", "-z", "--", *patterns]
    listed = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    return {PurePosixPath(name) for name in listed.stdout.split("\0") if name}


def test_a_wheel_has_every_file_of_the_package(project: Path, settings: dict[str, Any]) -> None:
    """Modules of packages, and what the patterns find by `glob`, which setuptools finds them by.

    Seen in setuptools/command/build_py.py of 65.5.0, and in the wheel that 84.2.1 made.
    """
    package = project / PACKAGE
    modules = {file for init in package.rglob("__init__.py") for file in init.parent.glob("*.py")}
    patterns = settings["setuptools"]["package-data"]["kubeflow_aws"]
    found = {
        package / name
        for pattern in (*patterns, "py.typed")
        for name in glob.glob(pattern, root_dir=package, recursive=True)  # noqa: PTH207  # above
    }

    shipped = {file.relative_to(project) for file in modules | found}

    assert PACKAGE / "database" / "rotation" / "index.py" in shipped
    assert tracked(project, str(PACKAGE)) - shipped == set()


@pytest.mark.parametrize(("tool", "field"), [("mypy", "files"), ("pyright", "include")])
def test_type_checkers_see_every_python_file(
    tool: str, field: str, project: Path, settings: dict[str, Any]
) -> None:
    """The examples apart: kfp's decorators and PyTorch have no types here."""
    seen = {*settings[tool][field], "examples"}

    assert {
        file
        for file in tracked(project, "*.py")
        if not any(file.is_relative_to(folder) for folder in seen)
    } == set()
