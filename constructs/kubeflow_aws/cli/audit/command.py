"""`kubeflow-aws audit`: how old, how long supported and how sound the images are."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument, JsonOption
from kubeflow_aws.cli.audit.osv import OSV
from kubeflow_aws.cli.audit.report import audit_platform
from kubeflow_aws.cli.printing import say_json, tell
from kubeflow_aws.cli.project import MANIFESTS, deployment_of
from kubeflow_aws.cli.rendering import rendered, with_plain_images


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    osv: Annotated[str, typer.Option(help="Where osv.dev is, or what stands for it.")] = OSV,
    as_json: JsonOption = False,
) -> None:
    """List images with floor, end of support and known holes.

    Asks osv.dev where there is a network. Exits with 1 if an image is below its floor, or has a
    hole without a note in manifests/support.yaml; else with 0.
    """
    plain = with_plain_images(deployment_of(deployment))
    report = audit_platform(
        rendered(plain),
        every_variant=rendered(plain, every_variant=True),
        manifests=MANIFESTS,
        osv=osv,
        today=datetime.now(UTC).date(),
    )
    if as_json:
        say_json("audit", report.records, ok=not report.is_troubled)
    else:
        sys.stdout.writelines(f"{line}\n" for line in report.page)
    for note in report.notes:
        tell(note)
    if report.is_troubled:
        raise typer.Exit(1)
