"""Users of a pool, providers that they may come from, and what its app clients may be allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine


class UserPoolUser(SettingsProvider):
    """``AWS::Cognito::UserPoolUser``. Invitations are not sent."""

    at_creation = frozenset({"UserAttributes", "Username", "UserPoolId"})
    recorded = frozenset({"DesiredDeliveryMediums"})

    def make(self, request: Request) -> Resource:
        """Create the user."""
        client = request.client("cognito-idp")
        client.admin_create_user(
            **arguments(client, "AdminCreateUser", request.properties, self.at_creation)
        )
        # CloudFormation names her as the template does, whatever Cognito calls her.
        return Resource(physical_id=request.properties["Username"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the user."""
        with missing_is_fine():
            request.client("cognito-idp").admin_delete_user(
                UserPoolId=request.properties["UserPoolId"], Username=resource.physical_id
            )


def _update_provider(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("cognito-idp")
    client.update_identity_provider(
        UserPoolId=request.properties["UserPoolId"],
        ProviderName=resource.physical_id,
        **_provider_details(request, client, "UpdateIdentityProvider"),
    )


def _provider_details(request: Request, client: Any, operation: str) -> dict[str, Any]:
    names = ("AttributeMapping", "IdpIdentifiers", "ProviderDetails")
    return arguments(client, operation, request.properties, names)


class UserPoolIdentityProvider(SettingsProvider):
    """``AWS::Cognito::UserPoolIdentityProvider``; nobody signs in by it."""

    at_creation = frozenset(
        {"AttributeMapping", "IdpIdentifiers", "ProviderDetails", "ProviderName", "ProviderType"}
        | {"UserPoolId"}
    )
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(
        ("AttributeMapping", "IdpIdentifiers", "ProviderDetails"), _update_provider
    )

    def make(self, request: Request) -> Resource:
        """Create the provider."""
        client = request.client("cognito-idp")
        client.create_identity_provider(
            **arguments(client, "CreateIdentityProvider", request.properties, self.at_creation)
        )
        return Resource(physical_id=request.properties["ProviderName"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the provider."""
        with missing_is_fine():
            request.client("cognito-idp").delete_identity_provider(
                UserPoolId=request.properties["UserPoolId"], ProviderName=resource.physical_id
            )


def _update_server(request: Request, resource: Resource, old: Properties) -> None:
    del old, resource
    client = request.client("cognito-idp")
    client.update_resource_server(
        **arguments(
            client, "UpdateResourceServer", request.properties, UserPoolResourceServer.at_creation
        )
    )


class UserPoolResourceServer(SettingsProvider):
    """``AWS::Cognito::UserPoolResourceServer``."""

    at_creation = frozenset({"Identifier", "Name", "Scopes", "UserPoolId"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(("Name", "Scopes"), _update_server)

    def make(self, request: Request) -> Resource:
        """Create the resource server."""
        client = request.client("cognito-idp")
        client.create_resource_server(
            **arguments(client, "CreateResourceServer", request.properties, self.at_creation)
        )
        return Resource(physical_id=request.properties["Identifier"])

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the resource server."""
        with missing_is_fine():
            request.client("cognito-idp").delete_resource_server(
                UserPoolId=request.properties["UserPoolId"], Identifier=resource.physical_id
            )
