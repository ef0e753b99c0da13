"""JSON as Python holds it."""

from __future__ import annotations

from typing import Any, TypeAlias

Tree: TypeAlias = dict[str, Any]
"""A JSON object. What may be in it, a schema says, not a type."""


def copied(value: Any) -> Any:
    """A copy that shares nothing with the value; some times faster than `copy.deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [copied(entry) for entry in value]
    return value
