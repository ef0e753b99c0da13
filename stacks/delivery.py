"""The Delivery stack: the pipeline that deploys everything else, and who hears of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_codestarnotifications as notifications
from constructs import Construct

from kubeflow_aws.delivery.pipeline import DeliveryPipeline, DeliveryPipelineProps
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery, StageSettings
from kubeflow_aws.monitoring.notification_topic import (
    NotificationTopic,
    NotificationTopicProps,
    Publisher,
)

EVENTS: Final = (
    "codepipeline-pipeline-pipeline-execution-failed",
    "codepipeline-pipeline-pipeline-execution-succeeded",
    "codepipeline-pipeline-manual-approval-needed",
    "codepipeline-pipeline-manual-approval-failed",
)
"""Developer Tools console User Guide, "Events for notification rules on pipelines"."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryStackProps:
    """What `DeliveryStack` takes from the delivery file.

    Attributes:
        delivery: The delivery file.
        file: Its path from the root of the repository.
    """

    delivery: Delivery
    file: str


class DeliveryStack(cdk.Stack):
    """Holds the pipeline; the stacks that it deploys lie in stages below."""

    def __init__(self, scope: Construct, construct_id: str, *, props: DeliveryStackProps) -> None:
        delivery = props.delivery
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=delivery.account, region=delivery.region),
            description="Kubeflow on AWS: continuous delivery",
        )
        self._emails = delivery.notifications.emails
        self._pipeline = DeliveryPipeline(
            self, "Delivery", props=DeliveryPipelineProps(delivery=delivery, file=props.file)
        )

    def deliver(self, stage: cdk.Stage, settings: StageSettings, deployment: Deployment) -> None:
        """Let the pipeline make a deployment, after those before it.

        Args:
            stage: Holds the deployment's stacks.
            settings: The stage's entry in the delivery file.
            deployment: Its deployment file.
        """
        self._pipeline.add(stage, settings, deployment)

    def complete(self) -> None:
        """Make the pipeline of all that was added, and tell people of it."""
        pipeline = self._pipeline.complete()
        topic = NotificationTopic(
            self,
            "Notifications",
            props=NotificationTopicProps(
                subject="Deliveries",
                publisher=Publisher.CODESTAR_NOTIFICATIONS,
                emails=self._emails,
            ),
        ).topic
        # The L2's `notify_on` would let the service publish for any account.
        notifications.CfnNotificationRule(
            self,
            "Notify",
            name=pipeline.pipeline_name,
            detail_type="FULL",
            resource=pipeline.pipeline_arn,
            event_type_ids=list(EVENTS),
            targets=[
                notifications.CfnNotificationRule.TargetProperty(
                    target_address=topic.topic_arn, target_type="SNS"
                )
            ],
        ).node.add_dependency(topic)
        cdk.CfnOutput(
            self, "Pipeline", description="Where to watch and approve", value=self._pipeline.address
        )
        cdk.CfnOutput(
            self,
            "MirrorBucket",
            description="Archives of the upstream sources; the first build fills it",
            value=self._pipeline.mirror.bucket_name,
        )
