"""What the commands that look at a deployment, `smoke` and `doctor`, say of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad it is that a check does not pass."""

    FAILURE = "NO"
    WARNING = "warning"
    UNSEEN = "not seen"
    """It could not be looked at, which is never as good as fine."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One thing that must work.

    Attributes:
        name: What was looked at.
        works: Whether it is as it should be.
        found: What was found, in a few words.
        severity: How bad it is if it does not work.
        fix: What to do about it: a command, a field or a page of the console.
    """

    name: str
    works: bool
    found: str
    severity: Severity = Severity.FAILURE
    fix: str = ""

    @property
    def stops(self) -> bool:
        """Whether nothing can work until it is mended."""
        return not self.works and self.severity is Severity.FAILURE


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Checks of one kind.

    Attributes:
        name: The kind.
        checks: What was looked at.
    """

    name: str
    checks: tuple[Check, ...]


def passed(name: str, found: str) -> Check:
    """A check of something that is as it should be."""
    return Check(name=name, works=True, found=found)


def failed(name: str, found: str, fix: str) -> Check:
    """A check of something that would stop a deployment."""
    return Check(name=name, works=False, found=found, fix=fix)


def warned(name: str, found: str, fix: str) -> Check:
    """A check of something that stops nothing now, but will trouble somebody."""
    return Check(name=name, works=False, found=found, severity=Severity.WARNING, fix=fix)


def unseen(name: str, found: str, fix: str) -> Check:
    """A check of something that could not be looked at."""
    return Check(name=name, works=False, found=found, severity=Severity.UNSEEN, fix=fix)
