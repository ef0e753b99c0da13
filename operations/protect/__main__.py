"""Protects the stacks of a deployment, or not, as its file says.

The CDK CLI does so when it deploys; CodePipeline has no action for it (aws-cdk issue 17871), so the
pipeline runs this after each deployment.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.errors import UserError
from operations.session import session_of
from operations.stacks import stacks_everywhere

PROJECT = Path(__file__).resolve().parents[2]
console = Console(soft_wrap=True, highlight=False, markup=False)


def main(
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
    role_arn: Annotated[str | None, typer.Option(help="Role that may protect stacks.")] = None,
) -> None:
    """Let CloudFormation refuse to delete the stacks, if the deployment file says so."""
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        for name in protect(settings, session_of(settings.region, role_arn)):
            console.print(f"{name}: {'protected' if settings.is_protected else 'not protected'}")
    except (UserError, BotoCoreError, ClientError) as error:
        console.print(f"error: {error}", style="red")
        raise typer.Exit(1) from None


def protect(deployment: Deployment, session: boto3.Session) -> list[str]:
    """Bring the protection of all stacks to what the deployment file says.

    Args:
        deployment: The deployment file.
        session: Credentials that may do it.

    Returns:
        The stacks that were otherwise.
    """
    changed = []
    for stack, client in stacks_everywhere(deployment, session):
        if stack.protected != deployment.is_protected:
            client.update_termination_protection(
                StackName=stack.name, EnableTerminationProtection=deployment.is_protected
            )
            changed.append(stack.name)
    return changed


if __name__ == "__main__":
    typer.run(main)
