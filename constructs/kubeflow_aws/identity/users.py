"""Users of the deployment file, invited by e-mail."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from constructs import Construct

STACKS: Final = 4
"""A nested stack holds 500 resources. The number is fixed: a user who moved from one to another
would be created while she exists, and then deleted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class InvitedUsersProps:
    """Inputs of `InvitedUsers`.

    Attributes:
        pool: The user pool.
        emails: Their addresses, which are also their names; at most 1,000.
    """

    pool: cognito.IUserPool
    emails: Sequence[str]


class InvitedUsers(Construct):
    """Users in nested stacks; one who leaves the file leaves the pool."""

    def __init__(self, scope: Construct, construct_id: str, *, props: InvitedUsersProps) -> None:
        super().__init__(scope, construct_id)
        groups: dict[int, list[str]] = {}
        for email in props.emails:
            groups.setdefault(_stack_of(email), []).append(email)
        for number, emails in sorted(groups.items()):
            _UserStack(self, f"Users{number}", pool=props.pool, emails=emails)


class _UserStack(cdk.NestedStack):
    def __init__(
        self, scope: Construct, construct_id: str, *, pool: cognito.IUserPool, emails: Iterable[str]
    ) -> None:
        super().__init__(scope, construct_id)
        for email in emails:
            cognito.CfnUserPoolUser(
                self,
                f"User-{_digest(email).hex()[:16]}",
                user_pool_id=pool.user_pool_id,
                username=email,
                desired_delivery_mediums=["EMAIL"],
                user_attributes=[
                    cognito.CfnUserPoolUser.AttributeTypeProperty(name="email", value=email),
                    cognito.CfnUserPoolUser.AttributeTypeProperty(
                        name="email_verified", value="true"
                    ),
                ],
            )


def _stack_of(email: str) -> int:
    return _digest(email)[0] % STACKS + 1


def _digest(email: str) -> bytes:
    return hashlib.sha256(email.encode()).digest()
