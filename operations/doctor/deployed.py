"""Which stacks of a deployment exist already, so need nothing more."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.deployment import Deployment
from operations.doctor.aws import Aws
from operations.smoke.aws import STACKS

WITHOUT_RESOURCES: Final = frozenset(
    {"CREATE_FAILED", "CREATE_IN_PROGRESS", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE"}
)
"""Statuses of stacks that have not been made yet."""


def deployed_stacks(deployment: Deployment, aws: Aws) -> frozenset[str]:
    """The short names of the stacks that exist.

    Args:
        deployment: Whose stacks they are.
        aws: Credentials that work.
    """
    names = {f"{deployment.stack_prefix}{name}": name for name in STACKS}
    pages = aws.client("cloudformation").get_paginator("describe_stacks").paginate()
    return frozenset(
        names[stack["StackName"]]
        for page in pages
        for stack in page["Stacks"]
        if stack["StackName"] in names and stack["StackStatus"] not in WITHOUT_RESOURCES
    )
