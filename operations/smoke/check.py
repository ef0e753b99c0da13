"""What a check of the smoke check says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that must work.

    Attributes:
        name: What was looked at.
        works: Whether it is as it should be.
        found: What was found, in a few words.
    """

    name: str
    works: bool
    found: str
