"""Where an AWS service sends what people must hear of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct


class Publisher(StrEnum):
    """Services that publish, by their principals."""

    CLOUDWATCH = "cloudwatch.amazonaws.com"
    CODESTAR_NOTIFICATIONS = "codestar-notifications.amazonaws.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class NotificationTopicProps:
    """Inputs of `NotificationTopic`.

    Attributes:
        subject: What it tells of, for the key's description.
        publisher: The one service that publishes.
        emails: Who gets mail; each has to confirm once.
    """

    subject: str
    publisher: Publisher
    emails: Sequence[str]


class NotificationTopic(Construct):
    """An encrypted topic that one AWS service may publish to on behalf of this account."""

    topic: sns.Topic

    def __init__(
        self, scope: Construct, construct_id: str, *, props: NotificationTopicProps
    ) -> None:
        super().__init__(scope, construct_id)
        account = cdk.Stack.of(self).account
        key = kms.Key(
            self,
            "Key",
            description=f"{props.subject} of Kubeflow",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        # The key that AWS has for SNS admits no services.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"{props.subject}AreEncrypted",
                principals=[iam.ServicePrincipal(props.publisher)],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],
                conditions={"StringEquals": self._key_condition(props.publisher)},
            )
        )
        self.topic = sns.Topic(
            self, "Topic", display_name="Kubeflow", master_key=key, enforce_ssl=True
        )
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"{props.subject}OfThisAccount",
                principals=[iam.ServicePrincipal(props.publisher)],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
        for email in props.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def _key_condition(self, publisher: Publisher) -> dict[str, str]:
        """What KMS hears of a publisher.

        SNS Developer Guide, "Key management"; Developer Tools console User Guide, "Configure
        Amazon SNS topics for notifications". That CloudWatch's calls have the account is read
        there, and not seen.
        """
        stack = cdk.Stack.of(self)
        match publisher:
            case Publisher.CLOUDWATCH:
                return {"aws:SourceAccount": stack.account}
            case Publisher.CODESTAR_NOTIFICATIONS:
                return {"kms:ViaService": f"sns.{stack.region}.amazonaws.com"}
