"""`kubeflow-aws redeploy`: `cdk deploy` that takes back what a removal left."""

from __future__ import annotations

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.cdk import become_cdk, context_of
from kubeflow_aws.cli.deploy import ALL_AT_ONCE


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Deploy after a removal, with logs and vaults that stayed."""
    become_cdk(*ALL_AT_ONCE, "--import-existing-resources", *context_of(deployment))
