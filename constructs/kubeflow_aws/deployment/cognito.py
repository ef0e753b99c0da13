"""The `auth.cognito` section: the user pool."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kubeflow_aws.deployment.identity_providers import RESERVED_PROVIDER_NAMES, IdentityProvider
from kubeflow_aws.deployment.section import DNS_LABEL, ONE_AT_A_TIME, EmailAddress, Section, lasting

MAX_DEFAULT_INVITATIONS: Final = 50
"""E-mails a day that Cognito sends itself (Amazon Cognito Developer Guide, "Email settings")."""

MAX_MACHINES: Final = 10
"""Each takes up to 250 bytes of the token trigger's environment, which has room for 4 KB together
with the identity providers (AWS Lambda quotas, "Environment variables")."""

_PREFIX: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Mfa(StrEnum):
    """Whether users need a second factor, an authenticator app."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class CognitoPlan(StrEnum):
    """Feature plan of the user pool; Lite cannot put an e-mail address into access tokens."""

    ESSENTIALS = "essentials"
    PLUS = "plus"


class Sender(Section):
    """Who sends the invitations, by Amazon SES."""

    address: EmailAddress = Field(description="The address in From.")
    ses_identity_arn: Annotated[
        str,
        StringConstraints(pattern=r"^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/[^\s/]+$"),
    ] = Field(description="ARN of the verified SES identity.")


class MachineClient(Section):
    """A program that calls the platform from outside with credentials of its own."""

    name: Annotated[str, DNS_LABEL] = Field(
        description="Its identity in Kubeflow is NAME@machines.DOMAIN; make it a contributor."
    )


class Cognito(Section):
    """Settings of the user pool."""

    domain_prefix: str | None = Field(
        default=None,
        description="Cognito's own sign-in domain, PREFIX.auth.REGION.amazoncognito.com; made "
        "from the platform's domain if left out.",
        json_schema_extra=lasting(ONE_AT_A_TIME),
    )
    custom_domain: bool = Field(
        default=False, description="Sign in at auth.DOMAIN instead; needs a few minutes longer."
    )
    mfa: Mfa = Field(default=Mfa.REQUIRED, description="required or optional.")
    plan: CognitoPlan = Field(
        default=CognitoPlan.ESSENTIALS,
        description="essentials, or plus for threat protection.",
    )
    password_length: int = Field(
        default=14, ge=12, le=99, description="Fewest characters of a password."
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="Hours until a user has to sign in again."
    )
    sender: Sender | None = Field(
        default=None, description="Send invitations by Amazon SES; needed for over 50 users."
    )
    identity_providers: tuple[IdentityProvider, ...] = Field(
        default=(), max_length=20, description="Google, Facebook, Amazon, OIDC or SAML."
    )
    machine_clients: tuple[MachineClient, ...] = Field(
        default=(),
        max_length=MAX_MACHINES,
        description="Programs that call the platform from outside.",
    )

    @field_validator("domain_prefix")
    @classmethod
    def _taken_by_cognito(cls, value: str | None) -> str | None:
        return value if value is None else valid_prefix(value)

    @model_validator(mode="after")
    def _different_names(self) -> Self:
        machines = [client.name for client in self.machine_clients]
        for name in machines:
            if machines.count(name) > 1:
                raise ValueError(f"machine_clients names {name} twice; one entry per program")
        names = [provider.name for provider in self.identity_providers]
        for provider in self.identity_providers:
            own_name = provider.type in ("oidc", "saml")
            if own_name and provider.name in RESERVED_PROVIDER_NAMES:
                raise ValueError(
                    f"identity_providers: {provider.name} is a name of Cognito's own; choose "
                    f"another for the {provider.type} provider"
                )
            if names.count(provider.name) > 1:
                raise ValueError(
                    f"identity_providers names {provider.name} twice; one entry per provider"
                )
        return self


def valid_prefix(value: str) -> str:
    """The prefix, if Cognito takes it (API reference, CreateUserPoolDomain).

    Raises:
        ValueError: It would be refused; the text says why.
    """
    if not _PREFIX.fullmatch(value):
        raise ValueError(
            f'found "{value}"; Cognito takes 1 to 63 lower-case letters, digits and hyphens, '
            "no hyphen at either end"
        )
    for word in ("aws", "amazon", "cognito"):
        if word in value:
            raise ValueError(f'found "{value}"; Cognito takes no prefix with "{word}" in it')
    return value
