"""Runs the CDK CLI that package.json pins, on the Python and the Node of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import typer

from kubeflow_aws.cli.checkout import PROJECT, search_path
from kubeflow_aws.cli.project import MIRROR_VARIABLE, deployment_of, mirror
from kubeflow_aws.errors import UserError


def cdk(*arguments: str, stdout: int | IO[str] | None = None) -> None:
    """Run a command of the CDK CLI in this project.

    Args:
        arguments: Of the command line.
        stdout: Where its output goes, as `subprocess` takes it.

    Raises:
        UserError: It is not installed.
        typer.Exit: It failed, and has told why.
    """
    variables = environment()
    program = shutil.which("cdk", path=variables["PATH"])
    if program is None:
        raise UserError("the CDK CLI is not installed in node_modules; run make install")
    done = subprocess.run(  # noqa: S603  # arguments of our own
        [program, *arguments], cwd=PROJECT, env=variables, stdout=stdout, check=False
    )
    if done.returncode:
        raise typer.Exit(done.returncode)


def context_of(deployment: str) -> tuple[str, str]:
    """How the CDK CLI is told of a deployment: a name, or a file as app.py finds it.

    Raises:
        DeploymentError: Its file is missing, or breaks a rule; said here, it is said once.
    """
    deployment_of(deployment)
    return "--context", f"deployment={_from_project(deployment)}"


def delivery_context(file: Path) -> tuple[str, str]:
    """How the CDK CLI is told of a delivery file."""
    return "--context", f"delivery={_from_project(str(file))}"


def assembly_of(deployment: str, given: Path | None = None) -> Path:
    """The cloud assembly of a deployment: the one that was given, or a new one with all checks.

    Raises:
        UserError: The CDK CLI is not installed.
        typer.Exit: The synth failed, and has told why.
    """
    if given:
        return given
    cdk("synth", "--quiet", *context_of(deployment), stdout=subprocess.DEVNULL)
    return PROJECT / "cdk.out"


def environment() -> dict[str, str]:
    """The variables of a program that runs on the tools of this checkout."""
    return {**os.environ, "PATH": search_path(), **dict(_absolute_mirror())}


def _absolute_mirror() -> Iterator[tuple[str, str]]:
    # A relative one is relative to where its reader is; the CDK runs in the project.
    if folder := mirror():
        yield MIRROR_VARIABLE, str(folder.absolute())


def _from_project(name: str) -> str:
    if not name.endswith((".yaml", ".yml")):
        return name
    file = Path(name).resolve()
    return str(file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file)
