"""Whether two patterns have a text in common."""

from __future__ import annotations

import functools
from typing import Final

PART: Final = "\N{MIDDLE DOT}"
"""Stands for any text without a slash, also none; ``*`` stands for any text."""


def arns_overlap(one: str, other: str) -> bool:
    """Whether some ARN matches both; a colon before the resource is matched by a colon only."""
    if "*" in (one, other):
        return True
    parts, others = one.split(":", 5), other.split(":", 5)
    return len(parts) == len(others) and all(map(overlap, parts, others))


def overlap(one: str, other: str) -> bool:
    """Whether some text matches both patterns."""

    @functools.cache
    def rest(i: int, j: int) -> bool:
        if i == len(one) and j == len(other):
            return True
        a, b = one[i : i + 1], other[j : j + 1]
        if a and a in _ANY and (rest(i + 1, j) or (_takes(a, b) and rest(i, j + 1))):
            return True
        if b and b in _ANY and (rest(i, j + 1) or (_takes(b, a) and rest(i + 1, j))):
            return True
        return a == b != "" and rest(i + 1, j + 1)

    return rest(0, 0)


_ANY: Final = ("*", PART)


def _takes(pattern: str, character: str) -> bool:
    return character != "" and (pattern == "*" or character != "/")
