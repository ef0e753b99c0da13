"""The right to have AWS make a service-linked role, in the name of who first needs it."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct


def may_create_service_linked_role(
    scope: Construct, *, service: str, role: str
) -> iam.PolicyStatement:
    """Create one service-linked role, for one service.

    Args:
        scope: Anything in the stack of the policy.
        service: Principal of the service, such as ``spot.amazonaws.com``.
        role: Name of the role, or a pattern of it.
    """
    return iam.PolicyStatement(
        actions=["iam:CreateServiceLinkedRole"],
        resources=[
            cdk.Stack.of(scope).format_arn(
                service="iam",
                region="",
                resource="role",
                resource_name=f"aws-service-role/{service}/{role}",
            )
        ],
        conditions={"StringEquals": {"iam:AWSServiceName": service}},
    )
