"""Where alarms go, and who hears of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmTopicProps:
    """Inputs of `AlarmTopic`.

    Attributes:
        emails: Who gets mail; each has to confirm once.
    """

    emails: Sequence[str]


class AlarmTopic(Construct):
    """An encrypted topic that CloudWatch alarms of this account may publish to."""

    topic: sns.Topic

    def __init__(self, scope: Construct, construct_id: str, *, props: AlarmTopicProps) -> None:
        super().__init__(scope, construct_id)
        account = cdk.Stack.of(self).account
        key = kms.Key(
            self,
            "Key",
            description="Alarms of Kubeflow",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # The key that AWS has for SNS admits no alarms (CloudWatch User Guide, "Using Amazon
        # CloudWatch alarms", "Alarms and SNS encryption").
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsAreEncrypted",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
        self.topic = sns.Topic(
            self, "Topic", display_name="Kubeflow", master_key=key, enforce_ssl=True
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
        for email in props.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def hear_of(self, alarms: Sequence[cloudwatch.Alarm]) -> None:
        """Tell the topic when an alarm goes off, and when it is over.

        Args:
            alarms: The alarms.
        """
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(self.topic))
            alarm.add_ok_action(actions.SnsAction(self.topic))
