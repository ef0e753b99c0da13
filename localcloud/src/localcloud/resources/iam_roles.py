"""Roles and identity providers. What their policies allow is checked in localcloud.rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from localcloud.resources.arguments import arguments, document
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_arguments, tag_list


def _put_trust(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("iam").update_assume_role_policy(
        RoleName=resource.physical_id,
        PolicyDocument=document(request.properties["AssumeRolePolicyDocument"]),
    )


def _put_description(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("iam").update_role(
        RoleName=resource.physical_id,
        Description=request.properties.get("Description", ""),
        MaxSessionDuration=int(request.properties.get("MaxSessionDuration", 3600)),
    )


def _put_boundary(request: Request, resource: Resource, old: Properties) -> None:
    client, boundary = request.client("iam"), request.properties.get("PermissionsBoundary")
    if boundary:
        client.put_role_permissions_boundary(
            RoleName=resource.physical_id, PermissionsBoundary=boundary
        )
    elif "PermissionsBoundary" in old:
        client.delete_role_permissions_boundary(RoleName=resource.physical_id)


def _attach_policies(request: Request, resource: Resource, old: Properties) -> None:
    client = request.client("iam")
    before, after = (
        old.get("ManagedPolicyArns", []),
        request.properties.get("ManagedPolicyArns", []),
    )
    for arn in after:
        client.attach_role_policy(RoleName=resource.physical_id, PolicyArn=arn)
    _detach(client, resource, (arn for arn in before if arn not in after))


def _detach(client: Any, role: Resource, arns: Iterable[str]) -> None:
    for arn in arns:
        with missing_is_fine():
            client.detach_role_policy(RoleName=role.physical_id, PolicyArn=arn)


def _put_inline_policies(request: Request, resource: Resource, old: Properties) -> None:
    client, after = request.client("iam"), request.properties.get("Policies", [])
    for policy in after:
        client.put_role_policy(
            RoleName=resource.physical_id,
            PolicyName=policy["PolicyName"],
            PolicyDocument=document(policy["PolicyDocument"]),
        )
    names = {policy["PolicyName"] for policy in after}
    gone = (p["PolicyName"] for p in old.get("Policies", []) if p["PolicyName"] not in names)
    _delete_inline_policies(client, resource, gone)


def _delete_inline_policies(client: Any, role: Resource, names: Iterable[str]) -> None:
    for name in names:
        with missing_is_fine():
            client.delete_role_policy(RoleName=role.physical_id, PolicyName=name)


class Role(SettingsProvider):
    """``AWS::IAM::Role``."""

    at_creation = frozenset(
        {"AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path", "RoleName"}
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        "AssumeRolePolicyDocument": _put_trust,
        "Description": _put_description,
        "MaxSessionDuration": _put_description,
        "PermissionsBoundary": _put_boundary,
        "ManagedPolicyArns": _attach_policies,
        "Policies": _put_inline_policies,
        "Tags": retagging(
            lambda request, role, tags: request.client("iam").tag_role(
                RoleName=role.physical_id, Tags=tag_list(tags)
            ),
            lambda request, role, keys: request.client("iam").untag_role(
                RoleName=role.physical_id, TagKeys=keys
            ),
        ),
    }

    def make(self, request: Request) -> Resource:
        """Create the role."""
        client = request.client("iam")
        given = {
            "RoleName": request.generated_name(),
            **arguments(client, "CreateRole", request.properties, self.at_creation),
        }
        role = client.create_role(**given)["Role"]
        return Resource(
            physical_id=role["RoleName"], attributes={"Arn": role["Arn"], "RoleId": role["RoleId"]}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the role with its own policies; those of others keep it, as in AWS."""
        client = request.client("iam")
        _detach(client, resource, request.properties.get("ManagedPolicyArns", []))
        names = (policy["PolicyName"] for policy in request.properties.get("Policies", []))
        _delete_inline_policies(client, resource, names)
        with missing_is_fine():
            client.delete_role(RoleName=resource.physical_id)


def _put_roles(request: Request, resource: Resource, old: Properties) -> None:
    client, name = request.client("iam"), resource.physical_id
    before, after = old.get("Roles", []), request.properties["Roles"]
    _remove_roles(client, name, (role for role in before if role not in after))
    for role in after:
        if role not in before:
            client.add_role_to_instance_profile(InstanceProfileName=name, RoleName=role)


def _remove_roles(client: Any, profile: str, roles: Iterable[str]) -> None:
    for role in roles:
        with missing_is_fine():
            client.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=role)


class InstanceProfile(SettingsProvider):
    """``AWS::IAM::InstanceProfile``."""

    at_creation = frozenset({"InstanceProfileName", "Path"})
    settings: ClassVar[Mapping[str, Setting]] = {"Roles": _put_roles}

    def make(self, request: Request) -> Resource:
        """Create the profile."""
        client = request.client("iam")
        given = {
            "InstanceProfileName": request.generated_name(128),
            **arguments(client, "CreateInstanceProfile", request.properties, self.at_creation),
        }
        profile = client.create_instance_profile(**given)["InstanceProfile"]
        return Resource(
            physical_id=profile["InstanceProfileName"], attributes={"Arn": profile["Arn"]}
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the profile, not its roles."""
        client = request.client("iam")
        _remove_roles(client, resource.physical_id, request.properties["Roles"])
        with missing_is_fine():
            client.delete_instance_profile(InstanceProfileName=resource.physical_id)


# IAM has fetched thumbprints itself since 2024, but its API, and moto's, still wants one.
_NO_THUMBPRINT = "0" * 40


def _put_thumbprints(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("iam").update_open_id_connect_provider_thumbprint(
        OpenIDConnectProviderArn=resource.physical_id,
        ThumbprintList=request.properties.get("ThumbprintList", [_NO_THUMBPRINT]),
    )


class OidcProvider(SettingsProvider):
    """``AWS::IAM::OIDCProvider``."""

    settings: ClassVar[Mapping[str, Setting]] = {
        "ThumbprintList": _put_thumbprints,
        "Tags": retagging(
            lambda request, provider, tags: request.client("iam").tag_open_id_connect_provider(
                OpenIDConnectProviderArn=provider.physical_id, Tags=tag_list(tags)
            ),
            lambda request, provider, keys: request.client("iam").untag_open_id_connect_provider(
                OpenIDConnectProviderArn=provider.physical_id, TagKeys=keys
            ),
        ),
    }
    at_creation = frozenset({"ClientIdList", "Url", *settings})

    def make(self, request: Request) -> Resource:
        """Create the provider."""
        properties = request.properties
        arn = request.client("iam").create_open_id_connect_provider(
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList", []),
            ThumbprintList=properties.get("ThumbprintList", [_NO_THUMBPRINT]),
            **tag_arguments(request),
        )["OpenIDConnectProviderArn"]
        return Resource(physical_id=arn, attributes={"Arn": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the provider."""
        with missing_is_fine():
            request.client("iam").delete_open_id_connect_provider(
                OpenIDConnectProviderArn=resource.physical_id
            )
