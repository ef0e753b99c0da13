"""What a function in the VPC needs: the right to be there, and a way to what it calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from kubeflow_aws.checks.managed_policies import attach_managed_policy, service_role

POLICY: Final = "service-role/AWSLambdaVPCAccessExecutionRole"

REASON: Final = (
    "Logs and network interfaces of a function in a VPC; EC2 has no narrower resource for "
    "interfaces that do not exist yet."
)


def may_run_in_vpc(role: iam.Role) -> None:
    """Let a function log, and have network interfaces in a VPC.

    Args:
        role: The function's role.
    """
    attach_managed_policy(role, policy=POLICY, reason=REASON)


def role_in_vpc(
    scope: Construct,
    construct_id: str,
    *,
    inline_policies: Mapping[str, iam.PolicyDocument] | None = None,
) -> iam.Role:
    """A role of a function that may log, and have network interfaces in a VPC.

    Args:
        scope: Where it is created.
        construct_id: Its id there.
        inline_policies: What it may do beside that.
    """
    return service_role(
        scope,
        construct_id,
        service="lambda.amazonaws.com",
        policies=[POLICY],
        reason=REASON,
        inline_policies=inline_policies,
    )


def open_way(
    scope: Construct,
    ingress_id: str,
    egress_id: str,
    *,
    caller: ec2.ISecurityGroup,
    called_id: str,
    port: int,
    description: str,
) -> list[IDependable]:
    """Open one TCP port of one security group for another one, on both sides.

    Named by the caller: `allow_to` names its rules after the whole path, which is another one in a
    stage of a pipeline, and EC2 refuses a rule that is there under another name.

    Args:
        scope: Where the rules are created.
        ingress_id: The id there of the rule of the group that is called.
        egress_id: The id there of the rule of the group that calls.
        caller: The group that calls.
        called_id: The id in EC2 of the group that is called.
        port: The port.
        description: What the way is for.

    Returns:
        The two rules.
    """
    return [
        ec2.CfnSecurityGroupIngress(
            scope,
            ingress_id,
            description=description,
            group_id=called_id,
            source_security_group_id=caller.security_group_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        ),
        ec2.CfnSecurityGroupEgress(
            scope,
            egress_id,
            description=description,
            group_id=caller.security_group_id,
            destination_security_group_id=called_id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
        ),
    ]
