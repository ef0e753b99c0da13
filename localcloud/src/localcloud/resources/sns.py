"""Topics and who subscribes. Nobody gets mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import document
from localcloud.resources.coercion import text_of
from localcloud.resources.provider import Properties, Provider, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list

_ATTRIBUTES: Final = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


def _set_attributes(request: Request, resource: Resource, old: Properties) -> None:
    client = request.client("sns")
    for name in _ATTRIBUTES:
        if request.properties.get(name) != old.get(name):
            client.set_topic_attributes(
                TopicArn=resource.physical_id,
                AttributeName=name,
                AttributeValue=text_of(request.properties.get(name, "")),
            )


class Topic(SettingsProvider):
    """``AWS::SNS::Topic``."""

    at_creation = frozenset({"TopicName"})
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(_ATTRIBUTES, _set_attributes),
        "Tags": retagging(
            lambda request, topic, tags: request.client("sns").tag_resource(
                ResourceArn=topic.physical_id, Tags=tag_list(tags)
            ),
            lambda request, topic, keys: request.client("sns").untag_resource(
                ResourceArn=topic.physical_id, TagKeys=keys
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the topic."""
        name = request.properties.get("TopicName") or request.generated_name()
        arn = request.client("sns").create_topic(Name=name)["TopicArn"]
        return Resource(physical_id=arn, attributes={"TopicArn": arn, "TopicName": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the topic with its subscriptions."""
        with missing_is_fine():
            request.client("sns").delete_topic(TopicArn=resource.physical_id)


class TopicPolicy(Provider):
    """``AWS::SNS::TopicPolicy``."""

    applied = frozenset({"PolicyDocument", "Topics"})

    def create(self, request: Request) -> Resource:
        """Put the policy on the topics."""
        self._put(request)
        return Resource(physical_id=request.generated_name())

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Put it anew."""
        del old
        self._put(request)
        return resource

    def _put(self, request: Request) -> None:
        for arn in request.properties["Topics"]:
            request.client("sns").set_topic_attributes(
                TopicArn=arn,
                AttributeName="Policy",
                AttributeValue=document(request.properties["PolicyDocument"]),
            )

    def delete(self, request: Request, resource: Resource) -> None:
        """Leave it to the topic, which goes too; SNS has no operation for less than a policy."""


class Subscription(Provider):
    """``AWS::SNS::Subscription``."""

    applied = frozenset({"Endpoint", "Protocol", "TopicArn"})

    def create(self, request: Request) -> Resource:
        """Subscribe."""
        arn = request.client("sns").subscribe(
            **{name: request.properties[name] for name in sorted(self.applied)},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        return Resource(physical_id=arn, attributes={"Arn": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Unsubscribe."""
        with missing_is_fine():
            request.client("sns").unsubscribe(SubscriptionArn=resource.physical_id)
