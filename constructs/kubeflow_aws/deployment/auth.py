"""The `auth` section: who may sign in."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final, Self

import bcrypt
from pydantic import Field, StringConstraints, field_validator, model_validator

from kubeflow_aws.deployment.section import EmailAddress, Section

UPSTREAM_PASSWORD: Final = b"12341234"
"""The password that Kubeflow's documentation gives to user@example.com."""

LEAST_BCRYPT_COST: Final = 10


class AuthProvider(StrEnum):
    """Who verifies a user."""

    DEX = "dex"


class DexUser(Section):
    """A user with a static password in Dex."""

    email: EmailAddress = Field(description="Sign-in name, lower case.")
    password_hash: Annotated[
        str, StringConstraints(pattern=r"^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$")
    ] = Field(description="bcrypt hash of the password; `make password` writes one.")

    @field_validator("password_hash")
    @classmethod
    def _hash_of_a_secret(cls, value: str) -> str:
        if int(value[4:6]) < LEAST_BCRYPT_COST:
            raise ValueError(
                f"the bcrypt cost is {int(value[4:6])}; allowed: {LEAST_BCRYPT_COST} or more "
                "(make password)"
            )
        if bcrypt.checkpw(UPSTREAM_PASSWORD, value.encode()):
            raise ValueError(
                "this is the password of Kubeflow's documentation, which everybody knows; "
                "write another with make password"
            )
        return value


class Auth(Section):
    """Sign-in to the platform."""

    provider: AuthProvider | None = Field(
        default=None, description="dex; taken from the preset if left out."
    )
    users: tuple[DexUser, ...] = Field(
        default=(), max_length=100, description="Users of Dex, for auth.provider dex."
    )

    @model_validator(mode="after")
    def _different_users(self) -> Self:
        emails = [user.email for user in self.users]
        for email in emails:
            if emails.count(email) > 1:
                raise ValueError(f"users names {email} twice; one entry per user")
        return self
