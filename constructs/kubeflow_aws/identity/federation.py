"""Identity providers that users of the pool may come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from kubeflow_aws.deployment.identity_providers import (
    AmazonProvider,
    FacebookProvider,
    GoogleProvider,
    IdentityProvider,
    OidcProvider,
    SamlProvider,
    SecretKey,
)

SAML_EMAIL = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress"
"""The claim that Entra ID, ADFS and Okta send an e-mail address in."""

GROUPS: Final = "groups"
"""The attribute of the pool that a provider's groups stand in; Cognito calls it custom:groups."""


def add_identity_providers(
    scope: Construct, pool: cognito.IUserPool, providers: Sequence[IdentityProvider]
) -> list[cognito.IUserPoolIdentityProvider]:
    """Create the providers of a user pool, with their secrets from Secrets Manager.

    Args:
        scope: Where they are created.
        pool: The user pool.
        providers: As the deployment file names them.
    """
    return [_create(scope, pool, provider) for provider in providers]


def _create(
    scope: Construct, pool: cognito.IUserPool, provider: IdentityProvider
) -> cognito.IUserPoolIdentityProvider:
    match provider:
        case GoogleProvider():
            return cognito.UserPoolIdentityProviderGoogle(
                scope,
                provider.name,
                user_pool=pool,
                client_id=provider.client_id,
                client_secret_value=_secret(provider.client_secret),
                scopes=["openid", "email"],
                attribute_mapping=cognito.AttributeMapping(
                    email=cognito.ProviderAttribute.GOOGLE_EMAIL,
                    email_verified=cognito.ProviderAttribute.GOOGLE_EMAIL_VERIFIED,
                ),
            )
        case FacebookProvider():
            return cognito.UserPoolIdentityProviderFacebook(
                scope,
                provider.name,
                user_pool=pool,
                client_id=provider.client_id,
                client_secret=_reference(provider.client_secret),
                scopes=["email"],
                attribute_mapping=cognito.AttributeMapping(
                    email=cognito.ProviderAttribute.FACEBOOK_EMAIL
                ),
            )
        case AmazonProvider():
            return cognito.UserPoolIdentityProviderAmazon(
                scope,
                provider.name,
                user_pool=pool,
                client_id=provider.client_id,
                client_secret=_reference(provider.client_secret),
                scopes=["profile"],
                attribute_mapping=cognito.AttributeMapping(
                    email=cognito.ProviderAttribute.AMAZON_EMAIL
                ),
            )
        case OidcProvider():
            return cognito.UserPoolIdentityProviderOidc(
                scope,
                provider.name,
                user_pool=pool,
                name=provider.name,
                issuer_url=provider.issuer,
                client_id=provider.client_id,
                client_secret=_reference(provider.client_secret),
                scopes=list(dict.fromkeys(["openid", "email", *provider.scopes])),
                attribute_mapping=cognito.AttributeMapping(
                    email=cognito.ProviderAttribute.other("email"),
                    email_verified=cognito.ProviderAttribute.other("email_verified"),
                    custom=_groups(provider.groups_attribute),
                ),
            )
        case SamlProvider():
            return cognito.UserPoolIdentityProviderSaml(
                scope,
                provider.name,
                user_pool=pool,
                name=provider.name,
                metadata=cognito.UserPoolIdentityProviderSamlMetadata.url(provider.metadata_url),
                attribute_mapping=cognito.AttributeMapping(
                    email=cognito.ProviderAttribute.other(SAML_EMAIL),
                    custom=_groups(provider.groups_attribute),
                ),
            )


def _groups(attribute: str | None) -> Mapping[str, cognito.ProviderAttribute]:
    if attribute is None:
        return {}
    return {f"custom:{GROUPS}": cognito.ProviderAttribute.other(attribute)}


def _secret(where: SecretKey) -> cdk.SecretValue:
    """A dynamic reference, which CloudFormation resolves: the template holds the name only."""
    return cdk.SecretValue.secrets_manager(where.secret, json_field=where.key)


def _reference(where: SecretKey) -> str:
    return _secret(where).unsafe_unwrap()
