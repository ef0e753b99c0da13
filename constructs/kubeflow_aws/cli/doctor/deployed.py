"""Which stacks of a deployment exist already, so need nothing more."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.aws.stacks import deployed_stacks
from kubeflow_aws.deployment import Deployment

WITHOUT_RESOURCES: Final = frozenset(
    {"CREATE_FAILED", "CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
)
"""Statuses of stacks that have not been made yet."""


def existing_stacks(deployment: Deployment, aws: Aws) -> frozenset[str]:
    """The short names of the stacks that exist.

    Args:
        deployment: Whose stacks they are.
        aws: Credentials that work.
    """
    stacks = deployed_stacks(deployment, aws.client("cloudformation"))
    return frozenset(stack.kind for stack in stacks if stack.status not in WITHOUT_RESOURCES)
