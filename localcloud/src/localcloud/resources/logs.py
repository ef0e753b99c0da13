"""Log groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from moto.logs.models import logs_backends

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tags_of


def _retain(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("logs")
    if "RetentionInDays" in request.properties:
        client.put_retention_policy(
            logGroupName=resource.physical_id,
            retentionInDays=int(request.properties["RetentionInDays"]),
        )
    else:
        client.delete_retention_policy(logGroupName=resource.physical_id)


def _encrypt(request: Request, resource: Resource, old: Properties) -> None:
    # moto has no AssociateKmsKey, but shows the key of a group.
    del old
    group = logs_backends[request.account][request.region].groups[resource.physical_id]
    group.kms_key_id = request.properties.get("KmsKeyId")


class LogGroup(SettingsProvider):
    """``AWS::Logs::LogGroup``."""

    at_creation = frozenset({"KmsKeyId", "LogGroupClass", "LogGroupName", "Tags"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "RetentionInDays": _retain,
        "KmsKeyId": _encrypt,
        "Tags": retagging(
            lambda request, group, tags: request.client("logs").tag_resource(
                resourceArn=_group_arn(group), tags=tags
            ),
            lambda request, group, keys: request.client("logs").untag_resource(
                resourceArn=_group_arn(group), tagKeys=keys
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the group."""
        client, tags = request.client("logs"), tags_of(request)
        given = {
            "logGroupName": request.generated_name(128),
            **arguments(client, "CreateLogGroup", request.properties, self.at_creation - {"Tags"}),
        }
        client.create_log_group(**given, **({"tags": tags} if tags else {}))
        return _group(request, given["logGroupName"])

    def find_existing(self, request: Request) -> Resource | None:
        """The group that has the name already."""
        name = request.properties.get("LogGroupName")
        if name not in logs_backends[request.account][request.region].groups:
            return None
        return _group(request, name)

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group with its events."""
        with missing_is_fine():
            request.client("logs").delete_log_group(logGroupName=resource.physical_id)


def _group(request: Request, name: str) -> Resource:
    arn = f"arn:aws:logs:{request.region}:{request.account}:log-group:{name}:*"
    return Resource(physical_id=name, attributes={"Arn": arn})


def _group_arn(group: Resource) -> str:
    # The ARN that Fn::GetAtt gives stands for the group's streams.
    return str(group.attributes["Arn"]).removesuffix(":*")
