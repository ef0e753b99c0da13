"""Logs of the function that empties buckets before they go."""

from __future__ import annotations

from typing import Final, cast

import aws_cdk as cdk

from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps, log_retention

PROVIDER: Final = "Custom::S3AutoDeleteObjectsCustomResourceProvider"
"""Id of the library's provider, of which a stack has one at most."""


def keep_auto_delete_logs(stack: cdk.Stack) -> None:
    """Give the function a log group of the stack's own, if there is such a function.

    Lambda would make one that nobody deletes and that ends never.

    Args:
        stack: The stack, complete.
    """
    provider = stack.node.try_find_child(PROVIDER)
    if provider is None:
        return
    logs = EncryptedLogGroup(
        stack,
        "AutoDeleteLogs",
        props=EncryptedLogGroupProps(
            retention=log_retention(production=False), removal_policy=cdk.RemovalPolicy.DESTROY
        ),
    )
    handler = cast("cdk.CfnResource", provider.node.find_child("Handler"))
    handler.add_property_override("LoggingConfig.LogGroup", logs.log_group.log_group_name)
