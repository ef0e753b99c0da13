"""Names of deployments and pipelines, and what their stacks are called."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import AfterValidator, Field

NAME_PATTERN: Final = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
"""RDS takes no identifier with two hyphens one after another, and a name goes on with `-metadata`
there (Amazon RDS User Guide, "Naming constraints in Amazon RDS")."""

STACKS: Final = (
    "Network",
    "Cluster",
    "Domain",
    "Certificate",
    "Identity",
    "Data",
    "Storage",
    "Platform",
    "Monitoring",
)
"""Every stack that a deployment may have, without its prefix (`stacks.build`)."""

_BETWEEN_LETTERS: Final = re.compile(r"(?<=[A-Za-z])-(?=[A-Za-z])")


def stack_prefix(name: str) -> str:
    """What the names of the stacks begin with: `team-a` makes `TeamA`.

    Two names never make one. A capital stands for a hyphen between two letters alone; beside a
    digit it would not tell `team1-a` from `team1a`, or `team-1` from `team1`, so the hyphen stays.

    Args:
        name: A name of the form `NAME_PATTERN`.
    """
    return _BETWEEN_LETTERS.sub("", name.title())


def _of_words(value: str) -> str:
    if not re.fullmatch(NAME_PATTERN, value):
        raise ValueError(
            f'found "{value}"; a name begins with a lower-case letter and has lower-case letters, '
            "digits and single hyphens, none at its end, such as team-a"
        )
    return value


StackName = Annotated[
    str, Field(json_schema_extra={"pattern": NAME_PATTERN}), AfterValidator(_of_words)
]
"""A name that stacks and other AWS resources are called after."""
