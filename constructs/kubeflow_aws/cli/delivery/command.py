"""`kubeflow-aws delivery`: the pipeline that deploys, by its delivery file."""

from __future__ import annotations

import typer

from kubeflow_aws.cli.arguments import (
    DEFAULT_DELIVERY,
    DeliveryArgument,
    JsonOption,
    RoleOption,
)
from kubeflow_aws.cli.aws.clients import PATIENCE, Aws
from kubeflow_aws.cli.aws.session import refusals_in_a_sentence, session_of
from kubeflow_aws.cli.cdk import become_cdk, delivery_context, synthesize
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.checks.check import Group
from kubeflow_aws.cli.checks.page import show_checks
from kubeflow_aws.cli.delivery.connection import check_source
from kubeflow_aws.cli.delivery.github import ask_github
from kubeflow_aws.deployment import load_delivery

command = typer.Typer(
    no_args_is_help=True,
    help="Synthesize, deploy or examine a pipeline that deploys.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@command.command()
def synth(delivery: DeliveryArgument = DEFAULT_DELIVERY) -> None:
    """Synthesize the pipeline, with all stacks that it deploys."""
    synthesize(*delivery_context(delivery))


@command.command()
def deploy(delivery: DeliveryArgument = DEFAULT_DELIVERY) -> None:
    """Deploy the pipeline; it deploys everything else."""
    become_cdk("deploy", "--all", *delivery_context(delivery))


@command.command()
def doctor(
    delivery: DeliveryArgument = DEFAULT_DELIVERY,
    role_arn: RoleOption = None,
    as_json: JsonOption = False,
) -> None:
    """Look at what the pipeline trusts: its connection, and the branch; change nothing."""
    settings, _ = load_delivery(delivery, root=PROJECT)
    with refusals_in_a_sentence():
        aws = Aws(session_of(settings.region, role_arn, PATIENCE), settings.region)
        checks = tuple(check_source(settings, aws, ask_github))
    groups = [Group(name="Delivery", checks=checks)]
    show_checks(groups, command="delivery doctor", as_json=as_json)
