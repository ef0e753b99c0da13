"""`kubeflow-aws schema`: what editors check deployment files by."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.deployment.schema import json_schema


def command(
    folder: Annotated[
        Path, typer.Argument(help="Where to write them; docs.", show_default=False)
    ] = PROJECT / "docs",
) -> None:
    """Write the JSON schemas of deployment and delivery files.

    Editors check files by them while they are written.
    """
    for model in (Deployment, Delivery):
        file = folder / f"{model.__name__.lower()}.schema.json"
        file.write_text(json_schema(model), encoding="utf-8")
