"""Acknowledges findings of cdk-nag: one construct, one finding, one reason at a time."""

from __future__ import annotations

import json

import aws_cdk as cdk
from constructs import Construct, IConstruct


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


def value_in_findings(value: str, owner: cdk.Stack) -> str:
    """What cdk-nag writes for a value of one stack in the findings of others.

    They read an output of the owner, which the CDK makes at the end, so its id is made here as the
    CDK will make it (`createGetStackOutput` in aws-cdk-lib, core/lib/private/refs.js).

    Args:
        value: A reference to one of the owner's resources.
        owner: The stack.
    """
    scope = Construct(cdk.Stack(), "Publish")
    resolved = json.dumps(owner.resolve(value), separators=(",", ":"))
    output = cdk.CfnOutput(scope, f"Output{resolved}", value="-")
    read = {
        "StackName": owner.stack_name,
        "Region": owner.region,
        "OutputName": owner.resolve(output.logical_id),
    }
    return json.dumps({"Fn::GetStackOutput": read}, separators=(",", ":"))


def acknowledge_object(component: IConstruct, *, finding: str, reason: str) -> None:
    """Acknowledge a finding of our own rules in a Kubernetes object that a component applies.

    The CDK tells plug-ins apart by their names, and writes ids without spaces.
    """
    acknowledge(component, finding=f"KubeflowAws::{finding.replace(' ', '-')}", reason=reason)
