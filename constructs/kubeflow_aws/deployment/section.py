"""What every section of the deployment file has in common, and its recurring types."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints


class Section(BaseModel):
    """A frozen section in which an unknown key is an error."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, str_strip_whitespace=True, use_enum_values=False
    )


def aws_id(prefix: str) -> StringConstraints:
    """An AWS resource id such as ``vpc-0123456789abcdef0``."""
    return StringConstraints(pattern=rf"^{prefix}-[0-9a-f]{{8}}(?:[0-9a-f]{{9}})?$")


DNS_LABEL: Final = StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")
"""A Kubernetes object name of at most 63 characters (RFC 1123 label)."""

RoleArn = Annotated[
    str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9+=,.@/_-]+$")
]
EmailAddress = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9._%+-]+@[a-z0-9-]+(\.[a-z0-9-]+)+$", max_length=254)
]
"""Lower case and ASCII: Kubeflow compares a profile's owner with the signed-in user exactly."""
