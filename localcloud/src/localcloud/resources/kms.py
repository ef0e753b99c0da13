"""Encryption keys and their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import arguments, boolean, document
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_list

_LONGEST_WINDOW: Final = 30


def _rotate(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client, properties = request.client("kms"), request.properties
    if not boolean(properties.get("EnableKeyRotation", False)):
        client.disable_key_rotation(KeyId=resource.physical_id)
        return
    period = arguments(client, "EnableKeyRotation", properties, ["RotationPeriodInDays"])
    client.enable_key_rotation(KeyId=resource.physical_id, **period)


def _enable(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("kms")
    if boolean(request.properties.get("Enabled", True)):
        client.enable_key(KeyId=resource.physical_id)
    else:
        client.disable_key(KeyId=resource.physical_id)


def _put_policy(request: Request, resource: Resource, old: Properties) -> None:
    del old
    if "KeyPolicy" in request.properties:
        request.client("kms").put_key_policy(
            KeyId=resource.physical_id,
            PolicyName="default",
            Policy=document(request.properties["KeyPolicy"]),
        )


def _describe(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("kms").update_key_description(
        KeyId=resource.physical_id, Description=request.properties.get("Description", "")
    )


class Key(SettingsProvider):
    """``AWS::KMS::Key``."""

    at_creation = frozenset({"Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "KeyPolicy": _put_policy,
        "EnableKeyRotation": _rotate,
        "RotationPeriodInDays": _rotate,
        "Description": _describe,
        "Tags": retagging(
            lambda request, key, tags: request.client("kms").tag_resource(
                KeyId=key.physical_id, Tags=tag_list(tags, "TagKey", "TagValue")
            ),
            lambda request, key, keys: request.client("kms").untag_resource(
                KeyId=key.physical_id, TagKeys=keys
            ),
        ),
        # Last: a disabled key refuses the other changes.
        "Enabled": _enable,
    }
    recorded = frozenset({"BypassPolicyLockoutSafetyCheck", "PendingWindowInDays"})

    def make(self, request: Request) -> Resource:
        """Create the key."""
        client = request.client("kms")
        key = client.create_key(
            **arguments(client, "CreateKey", request.properties, self.at_creation)
        )["KeyMetadata"]
        return Resource(
            physical_id=key["KeyId"], attributes={"Arn": key["Arn"], "KeyId": key["KeyId"]}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Schedule the deletion; as in AWS, the key stays for its window."""
        window = int(request.properties.get("PendingWindowInDays", _LONGEST_WINDOW))
        with missing_is_fine():
            request.client("kms").schedule_key_deletion(
                KeyId=resource.physical_id, PendingWindowInDays=window
            )


def _retarget(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("kms").update_alias(
        AliasName=resource.physical_id, TargetKeyId=request.properties["TargetKeyId"]
    )


class Alias(SettingsProvider):
    """``AWS::KMS::Alias``."""

    at_creation = frozenset({"AliasName", "TargetKeyId"})
    settings: ClassVar[Mapping[str, Setting]] = {"TargetKeyId": _retarget}

    def make(self, request: Request) -> Resource:
        """Create the alias."""
        request.client("kms").create_alias(**request.properties)
        return Resource(physical_id=request.properties["AliasName"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the alias, not its key."""
        with missing_is_fine():
            request.client("kms").delete_alias(AliasName=resource.physical_id)
