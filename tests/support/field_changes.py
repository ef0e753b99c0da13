"""A change of each field of the deployment file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

CHANGES: Final[Mapping[str, Mapping[str, Any]]] = yaml.safe_load(
    Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
)
"""What is merged into a deployment file, by the field that it changes."""

ANOTHER_DEPLOYMENT: Final = {
    "name",
    "account",
    "region",
    # What somebody else made cannot be compared with what this project makes.
    "cluster.existing",
    "network.existing",
}
"""Fields whose change makes another deployment."""


def everything_on() -> dict[str, Any]:
    """The deployment file that `CHANGES` are for, with everything on."""
    text = Path(__file__).with_name("data-plane.yaml").read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A deployment file with another value of a field."""
    return {
        **base,
        **{
            key: merged(base[key], value)
            if isinstance(value, dict) and isinstance(base.get(key), dict)
            else value
            for key, value in change.items()
        },
    }
