"""`kubeflow-aws diff`: `cdk diff` of all stacks."""

from __future__ import annotations

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.cdk import become_cdk, context_of


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Show which resources of AWS would change.

    Kubernetes objects are in packs, which it shows as text; `plan` shows them one by one.
    """
    become_cdk("diff", "--all", *context_of(deployment))
