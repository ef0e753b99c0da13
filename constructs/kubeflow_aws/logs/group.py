"""A CloudWatch log group under a key of its own."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct


def log_retention(*, production: bool) -> logs.RetentionDays:
    """How long logs are kept: a year in production, a month otherwise."""
    return logs.RetentionDays.ONE_YEAR if production else logs.RetentionDays.ONE_MONTH


def kept_in_production(*, production: bool) -> cdk.RemovalPolicy:
    """What becomes of logs and keys when the stack goes.

    A log group has a fixed name: kept by a first deploy that failed, it would stop the next one.
    """
    if production:
        return cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
    return cdk.RemovalPolicy.DESTROY


@dataclass(frozen=True, kw_only=True, slots=True)
class EncryptedLogGroupProps:
    """Inputs of `EncryptedLogGroup`.

    Attributes:
        retention: How long events are kept.
        removal_policy: What becomes of the logs when the stack goes.
        name: The group's name, where AWS prescribes one.
    """

    retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy
    name: str | None = None


class EncryptedLogGroup(Construct):
    """A log group with a rotated KMS key that CloudWatch Logs may use for this group alone."""

    log_group: logs.LogGroup
    key: kms.Key

    def __init__(
        self, scope: Construct, construct_id: str, *, props: EncryptedLogGroupProps
    ) -> None:
        super().__init__(scope, construct_id)
        stack = cdk.Stack.of(self)
        self.key = kms.Key(
            self, "Key", enable_key_rotation=True, removal_policy=props.removal_policy
        )
        # A generated name cannot stand in the key's policy: the group already refers to the key.
        name = props.name or f"/kubeflow-aws/{cdk.Names.unique_resource_name(self, separator='-')}"
        group_arn = stack.format_arn(
            service="logs",
            resource="log-group",
            resource_name=name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.key.grant_encrypt_decrypt(
            iam.ServicePrincipal(
                f"logs.{stack.region}.amazonaws.com",
                conditions={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": group_arn}},
            )
        )
        self.log_group = logs.LogGroup(
            self,
            "LogGroup",
            log_group_name=name,
            encryption_key=self.key,
            retention=props.retention,
            removal_policy=props.removal_policy,
        )
