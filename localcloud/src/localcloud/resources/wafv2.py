"""Web ACLs and their logs. No request is ever inspected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import tag_list, tags_of

_ACL = ("DefaultAction", "Description", "Rules", "VisibilityConfig")


def _update_acl(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("wafv2")
    identity = _identity(resource)
    lock = client.get_web_acl(**identity)["LockToken"]
    client.update_web_acl(
        **identity,
        LockToken=lock,
        **arguments(client, "UpdateWebACL", request.properties, _ACL),
    )


def _identity(resource: Resource) -> dict[str, str]:
    """CloudFormation's name of a web ACL is NAME|ID|SCOPE."""
    name, acl_id, scope = resource.physical_id.split("|")
    return {"Name": name, "Id": acl_id, "Scope": scope}


class WebAcl(SettingsProvider):
    """``AWS::WAFv2::WebACL``."""

    at_creation = frozenset({*_ACL, "Name", "Scope"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(_ACL, _update_acl)
    recorded = frozenset({"Tags"})

    def make(self, request: Request) -> Resource:
        """Create the web ACL."""
        client = request.client("wafv2")
        given: dict[str, Any] = {
            "Name": request.generated_name(128),
            "Rules": [],
            **arguments(client, "CreateWebACL", request.properties, self.at_creation),
        }
        if tags := tags_of(request):
            given["Tags"] = tag_list(tags)
        made = client.create_web_acl(**given)["Summary"]
        return Resource(
            physical_id=f"{made['Name']}|{made['Id']}|{given['Scope']}",
            attributes={"Arn": made["ARN"], "Id": made["Id"]},
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the web ACL."""
        client, identity = request.client("wafv2"), _identity(resource)
        with missing_is_fine():
            lock = client.get_web_acl(**identity)["LockToken"]
            client.delete_web_acl(**identity, LockToken=lock)


def _put_logging(request: Request, resource: Resource, old: Properties) -> None:
    del resource, old
    client = request.client("wafv2")
    names = ("LogDestinationConfigs", "RedactedFields", "ResourceArn")
    client.put_logging_configuration(
        LoggingConfiguration={
            name: request.properties[name] for name in names if name in request.properties
        }
    )


class LoggingConfiguration(SettingsProvider):
    """``AWS::WAFv2::LoggingConfiguration``; nothing is ever logged."""

    at_creation = frozenset({"ResourceArn"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(
        ("LogDestinationConfigs", "RedactedFields"), _put_logging
    )

    def make(self, request: Request) -> Resource:
        """Name it after what it logs; it is there once it is put."""
        return Resource(physical_id=request.properties["ResourceArn"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Log no more."""
        with missing_is_fine():
            request.client("wafv2").delete_logging_configuration(ResourceArn=resource.physical_id)
