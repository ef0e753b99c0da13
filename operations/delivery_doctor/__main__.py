"""`make doctor-delivery`: by credentials of the pipeline's account."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError
from rich.console import Console
from rich.markup import escape

from kubeflow_aws.deployment import load_delivery
from kubeflow_aws.errors import UserError
from operations.delivery_doctor.connection import check_source
from operations.delivery_doctor.github import ask_github
from operations.doctor.aws import PATIENCE, Aws
from operations.doctor.groups import Group
from operations.doctor.report import fix_lines, table_of
from operations.session import session_of

PROJECT = Path(__file__).resolve().parents[2]
console = Console(width=120)


def main(
    delivery: Annotated[Path, typer.Argument(help="The delivery file.")],
    role_arn: Annotated[str | None, typer.Option(help="Role that may read its account.")] = None,
) -> None:
    """Look at what the pipeline trusts: its connection, and the branch; change nothing."""
    try:
        settings, _ = load_delivery(delivery, root=PROJECT)
        aws = Aws(session_of(settings.region, role_arn, PATIENCE), settings.region)
        checks = tuple(check_source(settings, aws, ask_github))
    except (UserError, BotoCoreError) as error:
        console.print(f"[red]error:[/red] {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from None
    groups = [Group(name="Delivery", checks=checks)]
    console.print(table_of(groups))
    for line in fix_lines(groups):
        console.print(line, soft_wrap=True, highlight=False)
    if any(check.stops for check in checks):
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
