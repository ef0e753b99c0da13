"""`kubeflow-aws smoke`: by the AWS credentials of this machine, or of a role."""

from __future__ import annotations

import time
from typing import Annotated, Final

import typer

from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    DeploymentArgument,
    JsonOption,
    RoleOption,
)
from kubeflow_aws.cli.aws.session import refusals_in_a_sentence, session_of
from kubeflow_aws.cli.checks.check import Group
from kubeflow_aws.cli.checks.page import table_of
from kubeflow_aws.cli.printing import say_json, show
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.smoke.aws import check_aws
from kubeflow_aws.cli.smoke.front_door import ask_over_https, check_front_door

PAUSE_SECONDS: Final = 20


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    role_arn: RoleOption = None,
    minutes: Annotated[float, typer.Option(help="How long to wait until all works.")] = 10,
    sign_in: Annotated[bool, typer.Option(help="Also ask the platform's address.")] = True,
    as_json: JsonOption = False,
) -> None:
    """Check from outside that what was deployed works.

    Stacks, cluster, gateways, sign-in, and no alarm has gone off. Exits with 1 if something does
    not work in time.
    """
    settings = deployment_of(deployment)
    with refusals_in_a_sentence():
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
    works = all(check.works for check in checks)
    if as_json:
        say_json("smoke", checks, ok=works)
    else:
        show(table_of([Group(name="", checks=tuple(checks))], title="Smoke check"), styled=True)
    if not works:
        raise typer.Exit(1)
