"""`kubeflow-aws protect`: protects the stacks of a deployment, or not, as its file says.

The CDK CLI does so when it deploys; CodePipeline has no action for it (aws-cdk issue 17871), so the
pipeline runs this after each deployment.
"""

from __future__ import annotations

import boto3

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument, RoleOption
from kubeflow_aws.cli.aws.session import refusals_in_a_sentence, session_of
from kubeflow_aws.cli.aws.stacks import stacks_everywhere
from kubeflow_aws.cli.printing import say
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.deployment import Deployment


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT, role_arn: RoleOption = None
) -> None:
    """Protect the stacks against deletion, if the file says so.

    The CDK CLI does it with each deployment; a pipeline runs this. It names what it changed.
    """
    settings = deployment_of(deployment)
    with refusals_in_a_sentence():
        for name in protect(settings, session_of(settings.region, role_arn)):
            say(f"{name}: {'protected' if settings.is_protected else 'not protected'}")


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
