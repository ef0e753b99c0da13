"""User pools and what belongs to them. Triggers are kept, not called."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import tags_of

_POOL: Final = (
    "AccountRecoverySetting",
    "AdminCreateUserConfig",
    "AutoVerifiedAttributes",
    "DeletionProtection",
    "DeviceConfiguration",
    "EmailConfiguration",
    "EmailVerificationMessage",
    "EmailVerificationSubject",
    "LambdaConfig",
    "MfaConfiguration",
    "Policies",
    "SmsConfiguration",
    "SmsVerificationMessage",
    "UserAttributeUpdateSettings",
    "UserPoolAddOns",
    "UserPoolTags",
    "VerificationMessageTemplate",
)


def _update_pool(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("cognito-idp")
    client.update_user_pool(
        UserPoolId=resource.physical_id,
        **arguments(client, "UpdateUserPool", _with_tags(request), _POOL),
    )


def _put_mfa(request: Request, resource: Resource, old: Properties) -> None:
    del old
    mode = request.properties.get("MfaConfiguration", "OFF")
    factors = request.properties.get("EnabledMfas", [])
    if set(factors) - {"SOFTWARE_TOKEN_MFA"}:
        raise ResourceError("only software tokens as a second factor are emulated")
    request.client("cognito-idp").set_user_pool_mfa_config(
        UserPoolId=resource.physical_id,
        MfaConfiguration=mode,
        SoftwareTokenMfaConfiguration={"Enabled": bool(factors)},
    )


def _with_tags(request: Request) -> dict[str, Any]:
    tags = {**tags_of(request), **request.properties.get("UserPoolTags", {})}
    return {**request.properties, **({"UserPoolTags": tags} if tags else {})}


class UserPool(SettingsProvider):
    """``AWS::Cognito::UserPool``."""

    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(_POOL, _update_pool),
        "EnabledMfas": _put_mfa,
    }
    at_creation = frozenset(
        {*_POOL, "AliasAttributes", "Schema", "UserPoolName", "UsernameAttributes"}
        | {"UsernameConfiguration"}
    )
    recorded = frozenset({"UserPoolTier"})

    def make(self, request: Request) -> Resource:
        """Create the pool."""
        client = request.client("cognito-idp")
        pool = client.create_user_pool(
            PoolName=request.properties.get("UserPoolName") or request.generated_name(128),
            **arguments(
                client, "CreateUserPool", _with_tags(request), self.at_creation - {"UserPoolName"}
            ),
        )["UserPool"]
        provider = f"cognito-idp.{request.region}.amazonaws.com/{pool['Id']}"
        return Resource(
            physical_id=pool["Id"],
            attributes={
                "Arn": pool["Arn"],
                "ProviderName": provider,
                "ProviderURL": f"https://{provider}",
                "UserPoolId": pool["Id"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the pool with all its users, unless it is protected."""
        if request.properties.get("DeletionProtection") == "ACTIVE":
            raise ResourceError(
                "The user pool cannot be deleted because deletion protection is on."
            )
        with missing_is_fine():
            request.client("cognito-idp").delete_user_pool(UserPoolId=resource.physical_id)


_CLIENT: Final = (
    "AccessTokenValidity",
    "AllowedOAuthFlows",
    "AllowedOAuthFlowsUserPoolClient",
    "AllowedOAuthScopes",
    "AuthSessionValidity",
    "CallbackURLs",
    "ClientName",
    "DefaultRedirectURI",
    "EnableTokenRevocation",
    "ExplicitAuthFlows",
    "IdTokenValidity",
    "LogoutURLs",
    "PreventUserExistenceErrors",
    "ReadAttributes",
    "RefreshTokenValidity",
    "SupportedIdentityProviders",
    "TokenValidityUnits",
    "WriteAttributes",
)


def _update_client(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("cognito-idp")
    client.update_user_pool_client(
        UserPoolId=request.properties["UserPoolId"],
        ClientId=resource.physical_id,
        **arguments(client, "UpdateUserPoolClient", request.properties, _CLIENT),
    )


class UserPoolClient(SettingsProvider):
    """``AWS::Cognito::UserPoolClient``."""

    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(_CLIENT, _update_client)
    at_creation = frozenset({*_CLIENT, "GenerateSecret", "UserPoolId"})

    def make(self, request: Request) -> Resource:
        """Create the client."""
        client = request.client("cognito-idp")
        given = {
            "ClientName": request.generated_name(128),
            **arguments(client, "CreateUserPoolClient", request.properties, self.at_creation),
        }
        made = client.create_user_pool_client(**given)["UserPoolClient"]
        return Resource(
            physical_id=made["ClientId"],
            attributes={
                "ClientId": made["ClientId"],
                "ClientSecret": made.get("ClientSecret", ""),
                "Name": made["ClientName"],
            },
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the client."""
        with missing_is_fine():
            request.client("cognito-idp").delete_user_pool_client(
                UserPoolId=request.properties["UserPoolId"], ClientId=resource.physical_id
            )


def _update_domain(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("cognito-idp")
    names = ("CustomDomainConfig", "UserPoolId")
    client.update_user_pool_domain(
        Domain=resource.physical_id,
        **arguments(client, "UpdateUserPoolDomain", request.properties, names),
    )


class UserPoolDomain(SettingsProvider):
    """``AWS::Cognito::UserPoolDomain``."""

    at_creation = frozenset({"CustomDomainConfig", "Domain", "UserPoolId"})
    settings: ClassVar[Mapping[str, Setting]] = {"CustomDomainConfig": _update_domain}
    recorded = frozenset({"ManagedLoginVersion"})

    def make(self, request: Request) -> Resource:
        """Create the domain.

        Raises:
            ResourceError: The pool has one of its kind, which moto would let be.
        """
        client = request.client("cognito-idp")
        pool = client.describe_user_pool(UserPoolId=request.properties["UserPoolId"])["UserPool"]
        domain, present = request.properties["Domain"], pool.get("Domain", "")
        # A pool may have one of each kind; prefixes have no dot.
        if present and ("." in present) == ("." in domain):
            raise ResourceError("User pool already has a domain configured.")
        client.create_user_pool_domain(
            **arguments(client, "CreateUserPoolDomain", request.properties, self.at_creation)
        )
        about = client.describe_user_pool_domain(Domain=domain)["DomainDescription"]
        target = about.get("CloudFrontDistribution") or "d111111abcdef8.cloudfront.net"
        return Resource(physical_id=domain, attributes={"CloudFrontDistribution": target})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the domain."""
        with missing_is_fine():
            request.client("cognito-idp").delete_user_pool_domain(
                Domain=resource.physical_id, UserPoolId=request.properties["UserPoolId"]
            )
