"""Warnings of EC2 about nodes that will stop, for Karpenter to act before they do."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge

WARNINGS: Final = {
    "SpotInterruption": ("aws.ec2", "EC2 Spot Instance Interruption Warning"),
    "Rebalance": ("aws.ec2", "EC2 Instance Rebalance Recommendation"),
    "StateChange": ("aws.ec2", "EC2 Instance State-change Notification"),
    "ScheduledChange": ("aws.health", "AWS Health Event"),
    "CapacityReservation": (
        "aws.ec2",
        "EC2 Capacity Reservation Instance Interruption Warning",
    ),
}
"""What Karpenter reads (its documentation, "CloudFormation" and "Disruption", 1.14)."""


class InterruptionQueue(Construct):
    """A queue that EventBridge fills; what nobody read in five minutes is of no use any more."""

    queue: sqs.Queue

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            retention_period=cdk.Duration.minutes(5),
            # EventBridge cannot use a KMS key of ours without a statement for all its rules.
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        acknowledge(
            self.queue,
            finding="AwsSolutions-SQS3",
            reason="A warning that Karpenter could not read in five minutes is about a node that "
            "is gone; nobody would do anything with it in a dead-letter queue.",
        )
        for name, (source, detail_type) in WARNINGS.items():
            events.Rule(
                self,
                name,
                event_pattern=events.EventPattern(source=[source], detail_type=[detail_type]),
                targets=[targets.SqsQueue(self.queue)],
            )
