"""Roles with policies that AWS writes, each with the reason why it is right as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge_managed_policy


def attach_managed_policy(role: iam.Role, *, policy: str, reason: str) -> None:
    """Give a role an AWS managed policy, and acknowledge that it has it.

    Args:
        role: The role.
        policy: The policy, named by its path.
        reason: Why it is right as it is.
    """
    role.add_managed_policy(iam.ManagedPolicy.from_aws_managed_policy_name(policy))
    acknowledge_managed_policy(role, policy=policy, reason=reason)


def service_role(
    scope: Construct,
    construct_id: str,
    *,
    service: str,
    policies: Sequence[str],
    reason: str,
    inline_policies: Mapping[str, iam.PolicyDocument] | None = None,
) -> iam.Role:
    """A role of a service with AWS managed policies, which are acknowledged.

    Args:
        scope: Where it is created.
        construct_id: Its id there.
        service: Who takes it, for example `lambda.amazonaws.com`.
        policies: The policies, named by their paths.
        reason: Why they are right as they are.
        inline_policies: What it may do beside that.
    """
    role = iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal(service),
        managed_policies=[
            iam.ManagedPolicy.from_aws_managed_policy_name(policy) for policy in policies
        ],
        inline_policies=inline_policies,
    )
    for policy in policies:
        acknowledge_managed_policy(role, policy=policy, reason=reason)
    return role
