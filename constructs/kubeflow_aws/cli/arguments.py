"""How every command takes what it is about: one spelling for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer

from kubeflow_aws.cli.project import DEPLOYMENTS
from kubeflow_aws.deployment.loading import DEFAULT_DEPLOYMENT

DEFAULT_DELIVERY: Final = Path("deployments/delivery/pipeline.yaml")


def known_deployments(incomplete: str) -> Iterator[str]:
    """The names under deployments/ that begin so, for the shell's completion."""
    names = (file.stem for file in sorted(DEPLOYMENTS.glob("*.yaml")))
    return (name for name in names if name.startswith(incomplete))


DeploymentArgument = Annotated[
    str,
    typer.Argument(
        envvar="DEPLOYMENT",
        help="A deployment: its name under deployments/, or the path of a file.",
        autocompletion=known_deployments,
    ),
]
DeliveryArgument = Annotated[
    Path, typer.Argument(envvar="DELIVERY", help="The delivery file of a pipeline.")
]
AssemblyOption = Annotated[
    Path | None,
    typer.Option(help="What was synthesized of it already, else it is synthesized now."),
]
RoleOption = Annotated[
    str | None, typer.Option(help="ARN of the role to assume, for another account.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for a program.")]

__all__ = [
    "DEFAULT_DELIVERY",
    "DEFAULT_DEPLOYMENT",
    "AssemblyOption",
    "DeliveryArgument",
    "DeploymentArgument",
    "JsonOption",
    "RoleOption",
    "known_deployments",
]
