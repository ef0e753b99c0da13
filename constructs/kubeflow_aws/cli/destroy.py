"""`kubeflow-aws destroy`: `cdk destroy` of all stacks."""

from __future__ import annotations

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.cdk import become_cdk, context_of


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Remove a deployment from AWS.

    It asks first. `destroy-plan` says beforehand what would stay.
    """
    become_cdk("destroy", "--all", *context_of(deployment))
