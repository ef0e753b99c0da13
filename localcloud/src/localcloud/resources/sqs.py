"""Queues and their policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import document
from localcloud.resources.coercion import text_of
from localcloud.resources.provider import Properties, Provider, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging

_ATTRIBUTES: Final = (
    "DelaySeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)


def _set_attributes(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("sqs")
    # moto forgets the policy when anything else is set.
    shown = client.get_queue_attributes(QueueUrl=resource.physical_id, AttributeNames=["Policy"])
    given = shown.get("Attributes", {}) | {
        name: text_of(request.properties[name])
        for name in _ATTRIBUTES
        if name in request.properties
    }
    client.set_queue_attributes(QueueUrl=resource.physical_id, Attributes=given)


class Queue(SettingsProvider):
    """``AWS::SQS::Queue``."""

    at_creation = frozenset({"QueueName"})
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(_ATTRIBUTES, _set_attributes),
        "Tags": retagging(
            lambda request, queue, tags: request.client("sqs").tag_queue(
                QueueUrl=queue.physical_id, Tags=tags
            ),
            lambda request, queue, keys: request.client("sqs").untag_queue(
                QueueUrl=queue.physical_id, TagKeys=keys
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the queue."""
        name = request.properties.get("QueueName") or request.generated_name(80)
        url = request.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{request.region}:{request.account}:{name}"
        return Resource(
            physical_id=url, attributes={"Arn": arn, "QueueName": name, "QueueUrl": url}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the queue with its messages."""
        with missing_is_fine():
            request.client("sqs").delete_queue(QueueUrl=resource.physical_id)


class QueuePolicy(Provider):
    """``AWS::SQS::QueuePolicy``."""

    applied = frozenset({"PolicyDocument", "Queues"})

    def create(self, request: Request) -> Resource:
        """Put the policy on the queues."""
        self._put(request, document(request.properties["PolicyDocument"]))
        return Resource(physical_id=request.generated_name())

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Put it anew."""
        del old
        self._put(request, document(request.properties["PolicyDocument"]))
        return resource

    def delete(self, request: Request, resource: Resource) -> None:
        """Take the policy from the queues."""
        del resource
        with missing_is_fine():
            self._put(request, "")

    def _put(self, request: Request, policy: str) -> None:
        for url in request.properties["Queues"]:
            request.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
