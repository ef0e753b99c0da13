"""Policies: embedded in identities, or attached to them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, Final, TypeAlias

from localcloud.resources.arguments import arguments, document
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import (
    Setting,
    SettingsProvider,
    is_changed,
    missing_is_fine,
)

Identity: TypeAlias = tuple[str, str]
"""The argument that names it in operations, and its name."""

# Property of a policy, kind of identity in the names of operations, argument of these.
_IDENTITIES: Final = (
    ("Roles", "role", "RoleName"),
    ("Users", "user", "UserName"),
    ("Groups", "group", "GroupName"),
)


def _each_identity(
    client: Any, prefix: str, properties: Properties
) -> list[tuple[Identity, Callable[..., Any]]]:
    """Who is named, and the operation of the prefix for each: ``put_`` makes put_role_policy."""
    return [
        ((argument, name), getattr(client, f"{prefix}_{kind}_policy"))
        for key, kind, argument in _IDENTITIES
        for name in properties.get(key, [])
    ]


def _embed(request: Request, resource: Resource, old: Properties) -> None:
    del resource
    client, name = request.client("iam"), request.properties["PolicyName"]
    wanted = _each_identity(client, "put", request.properties)
    for (argument, who), put in wanted:
        text = document(request.properties["PolicyDocument"])
        put(**{argument: who}, PolicyName=name, PolicyDocument=text)
    kept = [identity for identity, _ in wanted]
    _take_back(client, old, () if is_changed(request, old, "PolicyName") else kept)


def _take_back(client: Any, properties: Properties, kept: Collection[Identity] = ()) -> None:
    for (argument, who), delete in _each_identity(client, "delete", properties):
        if (argument, who) not in kept:
            with missing_is_fine():
                delete(**{argument: who}, PolicyName=properties["PolicyName"])


class InlinePolicy(SettingsProvider):
    """``AWS::IAM::Policy``: one policy embedded in each of several identities."""

    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(
        ("Groups", "PolicyDocument", "PolicyName", "Roles", "Users"), _embed
    )

    def make(self, request: Request) -> Resource:
        """Name the policy; it is there once it is embedded."""
        name = request.generated_name(128)
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Take the policy from all its identities."""
        del resource
        _take_back(request.client("iam"), request.properties)


def _new_version(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("iam")
    versions = client.list_policy_versions(PolicyArn=resource.physical_id)["Versions"]
    spare = [version["VersionId"] for version in versions if not version["IsDefaultVersion"]]
    # IAM keeps five versions of a policy.
    for version in sorted(spare, key=lambda name: int(name[1:]))[: max(0, len(versions) - 4)]:
        client.delete_policy_version(PolicyArn=resource.physical_id, VersionId=version)
    client.create_policy_version(
        PolicyArn=resource.physical_id,
        PolicyDocument=document(request.properties["PolicyDocument"]),
        SetAsDefault=True,
    )


def _attach(request: Request, resource: Resource, old: Properties) -> None:
    client = request.client("iam")
    wanted = _each_identity(client, "attach", request.properties)
    for (argument, who), attach in wanted:
        attach(**{argument: who}, PolicyArn=resource.physical_id)
    _detach(client, resource, old, kept=[identity for identity, _ in wanted])


def _detach(
    client: Any, policy: Resource, properties: Properties, kept: Collection[Identity] = ()
) -> None:
    for (argument, who), detach in _each_identity(client, "detach", properties):
        if (argument, who) not in kept:
            with missing_is_fine():
                detach(**{argument: who}, PolicyArn=policy.physical_id)


class ManagedPolicy(SettingsProvider):
    """``AWS::IAM::ManagedPolicy``."""

    at_creation = frozenset({"Description", "ManagedPolicyName", "Path", "PolicyDocument"})
    settings: ClassVar[Mapping[str, Setting]] = {
        "PolicyDocument": _new_version,
        "Roles": _attach,
        "Users": _attach,
        "Groups": _attach,
    }

    def make(self, request: Request) -> Resource:
        """Create the policy."""
        client = request.client("iam")
        names = self.at_creation - {"ManagedPolicyName"}
        policy = client.create_policy(
            PolicyName=request.properties.get("ManagedPolicyName") or request.generated_name(128),
            **arguments(client, "CreatePolicy", request.properties, names),
        )["Policy"]
        return Resource(
            physical_id=policy["Arn"],
            attributes={
                "PolicyArn": policy["Arn"],
                "PolicyId": policy["PolicyId"],
                "DefaultVersionId": policy["DefaultVersionId"],
                "IsAttachable": True,
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Detach the policy and delete all its versions."""
        client, arn = request.client("iam"), resource.physical_id
        _detach(client, resource, request.properties)
        with missing_is_fine():
            for version in client.list_policy_versions(PolicyArn=arn)["Versions"]:
                if not version["IsDefaultVersion"]:
                    client.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])
            client.delete_policy(PolicyArn=arn)
