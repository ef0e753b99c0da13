"""What every section of the deployment file has in common, and its recurring types."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StringConstraints


class Section(BaseModel):
    """A frozen section in which an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, str_strip_whitespace=True, use_enum_values=False
    )


LASTING: Final = "x-cannot-change-later"
GROWING: Final = "x-can-only-grow"
"""Marks of fields in the schema, each with its reason."""


def lasting(why: str) -> dict[str, JsonValue]:
    """The mark of a field that cannot change once it is deployed.

    Args:
        why: The reason, as the end of a sentence.
    """
    return {LASTING: why}


def growing(why: str) -> dict[str, JsonValue]:
    """The mark of a field whose value can only become larger.

    Args:
        why: The reason, as the end of a sentence.
    """
    return {GROWING: why}


ONE_AT_A_TIME: Final = (
    "Cognito knows one such name of a user pool at a time, and CloudFormation makes the new one "
    "before the old one goes"
)
"""Why a sign-in page keeps its name ("User pool already has a domain configured", aws/aws-cdk
10062)."""


def aws_id(prefix: str) -> StringConstraints:
    """An AWS resource id such as ``vpc-0123456789abcdef0``."""
    return StringConstraints(pattern=rf"^{prefix}-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?$")


DNS_LABEL: Final = StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
"""A Kubernetes object name of at most 63 characters (RFC 1123 label)."""

RoleArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]+$")
]

DomainName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$",
        max_length=200,
    ),
]
"""A DNS name in lower case, without the dot at its end."""

EMAIL_PATTERN: Final = r"^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$"
"""As in the token trigger (identity/pre_token_generation/index.py): an address that the one takes
and the other refuses would have a profile and no way to sign in."""


def _identity(value: str) -> str:
    if not re.fullmatch(EMAIL_PATTERN, value):
        raise ValueError(
            f'found "{value}"; give one address in lower-case ASCII such as user@example.com, '
            "without wildcards: Kubeflow compares it with the signed-in user letter by letter"
        )
    return value


EmailAddress = Annotated[
    str,
    Field(json_schema_extra={"pattern": EMAIL_PATTERN}, max_length=254),
    AfterValidator(_identity),
]
"""Lower case and ASCII: Kubeflow compares a profile's owner with the signed-in user exactly."""
