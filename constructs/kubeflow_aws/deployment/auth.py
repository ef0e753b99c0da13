"""The `auth` section: who may sign in."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kubeflow_aws.deployment.cognito import Cognito
from kubeflow_aws.deployment.section import EmailAddress, Section

UPSTREAM_PASSWORD: Final = b"12341234"
"""The password that Kubeflow's documentation gives to user@example.com."""

LEAST_BCRYPT_COST: Final = 10


class AuthProvider(StrEnum):
    """Who verifies a user."""

    COGNITO = "cognito"
    DEX = "dex"


class User(Section):
    """Somebody who may sign in."""

    email: EmailAddress = Field(
        description="Sign-in name, lower case. Cognito invites the user by e-mail."
    )
    password_hash: (
        Annotated[str, StringConstraints(pattern=r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$")] | None
    ) = Field(
        default=None,
        description="For Dex: bcrypt hash of the password; `./kubeflow-aws password` writes one.",
    )

    @field_validator("password_hash")
    @classmethod
    def _hash_of_a_secret(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if int(value[4:6]) < LEAST_BCRYPT_COST:
            raise ValueError(
                f"the bcrypt cost is {int(value[4:6])}; allowed: {LEAST_BCRYPT_COST} or more "
                "(./kubeflow-aws password)"
            )
        import bcrypt  # for those alone who have a hash: it is slow to import

        if bcrypt.checkpw(UPSTREAM_PASSWORD, value.encode()):
            raise ValueError(
                "this is the password of Kubeflow's documentation, which everybody knows; "
                "write another with ./kubeflow-aws password"
            )
        return value


class Auth(Section):
    """Sign-in to the platform."""

    provider: AuthProvider | None = Field(
        default=None, description="cognito or dex; taken from the preset if left out."
    )
    users: tuple[User, ...] = Field(default=(), max_length=1000, description="Who may sign in.")
    cognito: Cognito = Field(default=Cognito(), description="The user pool, for cognito.")

    @model_validator(mode="after")
    def _different_users(self) -> Self:
        for email, count in Counter(user.email for user in self.users).items():
            if count > 1:
                raise ValueError(f"users names {email} twice; one entry per user")
        return self
