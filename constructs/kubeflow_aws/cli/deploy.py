"""`kubeflow-aws deploy`: `cdk deploy` of all stacks."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.cdk import become_cdk, context_of

ALL_AT_ONCE: Final = (
    *("deploy", "--all"),
    *("--concurrency", "4"),
    *("--require-approval", "never"),
)


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Deploy to AWS; it asks nothing, so read diff and plan.

    `destroy` removes it again, `redeploy` deploys once more what was removed.
    """
    become_cdk(*ALL_AT_ONCE, *context_of(deployment))
