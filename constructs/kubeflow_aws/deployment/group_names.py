"""Names of groups, as the deployment file has them and as the cluster does."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

POOL: Final = "COGNITO"
"""Stands for the user pool itself; no provider may have this name (RESERVED_PROVIDER_NAMES)."""

GROUP_PATTERN: Final = r"^[A-Za-z0-9]([A-Za-z0-9 ._@/+-]{0,126}[A-Za-z0-9._@/+-])?$"
"""Without what separates names where a provider sends several (pre_token_generation/groups.py)."""

_OF_A_PROVIDER: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d_[A-Za-z0-9]+_.+")


def group_identity(group: str, *, provider: str | None) -> str:
    """A group together with who keeps it, so that nobody speaks for another's groups.

    The token trigger makes the same of what it hears (identity/pre_token_generation/groups.py).

    Args:
        group: Its name.
        provider: The federated provider; None for the user pool.
    """
    return f"{provider or POOL}:{group}"


def _name(value: str) -> str:
    if _OF_A_PROVIDER.fullmatch(value):
        raise ValueError(
            f'found "{value}", the group that Cognito itself makes of everybody who comes by a '
            "provider; name a group that somebody keeps"
        )
    if not re.fullmatch(GROUP_PATTERN, value):
        raise ValueError(
            f'found "{value}"; give the name of one group, 1 to 128 letters, digits, blanks and '
            "._@/+-, with a letter or a digit first"
        )
    return value


GroupName = Annotated[
    str, Field(json_schema_extra={"pattern": GROUP_PATTERN}), AfterValidator(_name)
]
"""Compared letter by letter: `Research` is not `research`."""
