"""`make smoke`: by the AWS credentials of this machine; `--role-arn` for another account."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Table

from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.errors import UserError
from operations.check import Check
from operations.session import session_of
from operations.smoke.aws import check_aws
from operations.smoke.front_door import ask_over_https, check_front_door

PROJECT = Path(__file__).resolve().parents[2]
PAUSE_SECONDS = 20
console = Console(width=140)


def main(
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
    role_arn: Annotated[str | None, typer.Option(help="Role that may read it.")] = None,
    minutes: Annotated[float, typer.Option(help="How long to wait until all works.")] = 10,
    sign_in: Annotated[bool, typer.Option(help="Also ask the platform's address.")] = True,
) -> None:
    """Check that stacks, cluster, gateways and sign-in work, and no alarm has gone off."""
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        session = session_of(settings.region, role_arn)
        end = time.monotonic() + minutes * 60
        while True:
            checks = list(check_aws(settings, session))
            if sign_in:
                checks += check_front_door(settings, ask_over_https)
            if all(check.works for check in checks) or time.monotonic() > end:
                break
            # Targets and names need minutes after a deployment.
            time.sleep(PAUSE_SECONDS)
    except (UserError, BotoCoreError, ClientError) as error:
        console.print(f"[red]error:[/red] {error}", highlight=False)
        raise typer.Exit(1) from None
    _show(checks)
    if not all(check.works for check in checks):
        raise typer.Exit(1)


def _show(checks: list[Check]) -> None:
    table = Table(title="Smoke check", title_justify="left")
    for column in ("", "what", "found"):
        table.add_column(column, overflow="fold")
    for check in checks:
        table.add_row("[green]ok[/]" if check.works else "[red]NO[/]", check.name, check.found)
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
