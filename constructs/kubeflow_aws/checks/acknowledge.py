"""Acknowledges findings of cdk-nag: one construct, one finding, one reason at a time."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import IConstruct


def acknowledge(construct: IConstruct, *, finding: str, reason: str) -> None:
    """Acknowledge exactly one finding at a construct.

    Args:
        construct: As near to the finding as possible.
        finding: The id in the report, with what stands in brackets behind it.
        reason: Why it is right as it is.
    """
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=finding, reason=reason))


def acknowledge_managed_policy(role: IConstruct, *, policy: str, reason: str) -> None:
    """Acknowledge that a role has a certain AWS managed policy, named by its path."""
    arn = f"arn:<AWS::Partition>:iam::aws:policy/{policy}"
    acknowledge(role, finding=f"AwsSolutions-IAM4[Policy::{arn}]", reason=reason)


def acknowledge_wildcard(policy: IConstruct, *, resource: str, reason: str) -> None:
    """Acknowledge that a policy names a certain resource with a wildcard in it."""
    acknowledge(policy, finding=f"AwsSolutions-IAM5[Resource::{resource}]", reason=reason)


def account_in_findings(stack: cdk.Stack) -> str:
    """A stack's account as cdk-nag writes it in findings."""
    return "<AWS::AccountId>" if cdk.Token.is_unresolved(stack.account) else stack.account


def acknowledge_object(component: IConstruct, *, finding: str, reason: str) -> None:
    """Acknowledge a finding of our own rules in a Kubernetes object that a component applies.

    The CDK tells plug-ins apart by their names, and writes ids without spaces.
    """
    acknowledge(component, finding=f"KubeflowAws::{finding.replace(' ', '-')}", reason=reason)
