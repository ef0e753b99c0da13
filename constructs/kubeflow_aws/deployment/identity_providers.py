"""Federated identity providers of a user pool, as the deployment file names them."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, StringConstraints

from kubeflow_aws.deployment.section import DomainName, Section

ProviderName = Annotated[
    str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{2,31}$", min_length=3, max_length=32)
]
AnyProviderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_-]{2,31}$")]
"""Of a provider as Cognito knows it, those with names of Cognito's own included."""

HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://[A-Za-z0-9.-]+(/\S*)?$")]


class SecretKey(Section):
    """One value of a JSON secret in AWS Secrets Manager, in the deployment's account and region."""

    secret: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9/_+=.@:-]{1,512}$")] = Field(
        description="Name or complete ARN of the secret, which exists before the deployment."
    )
    key: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")] = Field(
        default="client_secret", description="Key in the secret's JSON."
    )


class _Provider(Section):
    """What all providers have in common.

    A provider decides whose address it vouches for, and the address is the identity in Kubeflow:
    so each is bound to the domains that it may speak for.
    """

    domains: tuple[DomainName, ...] = Field(
        min_length=1,
        max_length=20,
        description="Domains of the e-mail addresses that this provider may bring; anybody else's "
        "sign-in is denied.",
    )
    verified: bool = Field(
        default=False,
        description="Count every address of this provider as verified. For providers of your own "
        "organization that do not say so themselves.",
    )


ProviderScope = Annotated[str, StringConstraints(pattern=r"^[!#-\[\]-~]{1,100}$")]
"""A scope (RFC 6749, section 3.3)."""

GroupsAttribute = Annotated[str, StringConstraints(pattern=r"^[^\s,\[\]]{1,256}$")]


class _Client(_Provider):
    client_id: Annotated[str, StringConstraints(pattern=r"^\S{1,256}$")] = Field(
        description="Id of the application that you registered with the provider."
    )
    client_secret: SecretKey = Field(description="Where its secret is kept; never in this file.")


class GoogleProvider(_Client):
    """Sign-in with Google."""

    type: Literal["google"]

    @property
    def name(self) -> str:
        """Its name in Cognito."""
        return "Google"


class FacebookProvider(_Client):
    """Sign-in with Facebook, which does not tell whether an address is verified."""

    type: Literal["facebook"]

    @property
    def name(self) -> str:
        """Its name in Cognito."""
        return "Facebook"


class AmazonProvider(_Client):
    """Login with Amazon, which does not tell whether an address is verified."""

    type: Literal["amazon"]

    @property
    def name(self) -> str:
        """Its name in Cognito."""
        return "LoginWithAmazon"


class OidcProvider(_Client):
    """Any OpenID Connect provider."""

    type: Literal["oidc"]
    name: ProviderName = Field(description="Shown on the sign-in page.")
    issuer: HttpsUrl = Field(description="Its issuer, which serves the discovery document.")
    groups_attribute: GroupsAttribute | None = Field(
        default=None,
        description="Claim that says in which groups somebody is, such as groups; profiles may "
        "then name its groups as contributors.",
    )
    scopes: tuple[ProviderScope, ...] = Field(
        default=(),
        max_length=10,
        description="What to ask it for beside openid and email, such as groups.",
    )


class SamlProvider(_Provider):
    """A SAML 2.0 provider; it needs no secret, Cognito verifies its signature."""

    type: Literal["saml"]
    name: ProviderName = Field(description="Shown on the sign-in page.")
    metadata_url: HttpsUrl = Field(description="Where its metadata document is served.")
    groups_attribute: GroupsAttribute | None = Field(
        default=None,
        description="Attribute that says in which groups somebody is; profiles may then name its "
        "groups as contributors.",
    )


IdentityProvider: TypeAlias = Annotated[
    GoogleProvider | FacebookProvider | AmazonProvider | OidcProvider | SamlProvider,
    Field(discriminator="type"),
]

RESERVED_PROVIDER_NAMES = frozenset(
    {"COGNITO", "Facebook", "Google", "LoginWithAmazon", "SignInWithApple"}
)
"""Names that Cognito gives itself (API reference, CreateIdentityProvider)."""


def groups_attribute(provider: IdentityProvider) -> str | None:
    """Where a provider says in which groups somebody is, if it does."""
    match provider:
        case OidcProvider() | SamlProvider():
            return provider.groups_attribute
        case _:
            return None
