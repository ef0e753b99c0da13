"""Runs the CDK CLI that package.json pins, on the Python and the Node of this environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NoReturn

import typer

from kubeflow_aws.cli.checkout import PROJECT, search_path
from kubeflow_aws.cli.project import deployment_of, mirror
from kubeflow_aws.deployment import load_delivery
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.options import MIRROR_VARIABLE


def become_cdk(*arguments: str) -> NoReturn:
    """End as a command of the CDK CLI in this project: Ctrl-C and its exit code are its own.

    Args:
        arguments: Of the command line.

    Raises:
        UserError: It is not installed.
    """
    variables = environment()
    program = _program(variables)
    os.chdir(PROJECT)
    sys.stdout.flush()
    os.execve(program, [program, *arguments], variables)  # noqa: S606  # arguments of our own


def synthesize(*context: str) -> None:
    """Run `cdk synth` in this project, with all checks; it tells what is wrong.

    Args:
        context: What of.

    Raises:
        UserError: The CDK CLI is not installed.
        typer.Exit: It failed, and has told why.
    """
    variables = environment()
    done = subprocess.run(  # noqa: S603  # arguments of our own
        [_program(variables), "synth", "--quiet", *context],
        cwd=PROJECT,
        env=variables,
        stdout=subprocess.DEVNULL,
        check=False,
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
    """How the CDK CLI is told of a delivery file.

    Raises:
        DeploymentError: It is missing, or breaks a rule; said here, it is said once.
    """
    load_delivery(file, root=PROJECT)
    return "--context", f"delivery={_from_project(str(file))}"


def assembly_of(deployment: str, given: Path | None = None) -> Path:
    """The cloud assembly of a deployment: the one that was given, or a new one with all checks.

    Raises:
        UserError: There is no such deployment, or the CDK CLI is not installed.
        typer.Exit: The synth failed, and has told why.
    """
    context = context_of(deployment)
    if given:
        return given
    synthesize(*context)
    return PROJECT / "cdk.out"


def environment() -> dict[str, str]:
    """The variables of a program that runs on the tools of this checkout."""
    return {**os.environ, "PATH": search_path(), **dict(_absolute_mirror())}


def _program(variables: Mapping[str, str]) -> str:
    program = shutil.which("cdk", path=variables["PATH"])
    if program is None:
        raise UserError("the CDK CLI is not installed in node_modules; run make install")
    return program


def _absolute_mirror() -> Iterator[tuple[str, str]]:
    # A relative one is relative to where its reader is; the CDK runs in the project.
    if folder := mirror():
        yield MIRROR_VARIABLE, str(folder.absolute())


def _from_project(name: str) -> str:
    if not name.endswith((".yaml", ".yml")):
        return name
    file = Path(name).resolve()
    return str(file.relative_to(PROJECT) if file.is_relative_to(PROJECT) else file)
