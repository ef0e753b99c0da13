"""What a Makefile offers: its targets, and the variables that each of them reads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_TARGET: Final = re.compile(
    r"^([a-z][a-z0-9-]*):(?!=)([^#\n]*)(?:## (.*))?\n((?:\t.*\n?)*)", re.MULTILINE
)
_VARIABLE: Final = re.compile(r"\$\((?:if \$\()?(\w+)\)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """A target that a person could type.

    Attributes:
        name: Its name.
        help: What `make help` says of it; empty if it is left out there.
        before: The targets and files that it makes first.
        reads: Variables of its recipe.
    """

    name: str
    help: str
    before: tuple[str, ...]
    reads: frozenset[str]


@dataclass(frozen=True)
class Makefile:
    """A Makefile.

    Attributes:
        targets: By name.
    """

    targets: dict[str, Target]

    def closure(self, name: str) -> Iterator[Target]:
        """A target and all targets that it makes first."""
        if target := self.targets.get(name):
            yield target
            for earlier in target.before:
                yield from self.closure(earlier)

    def variables(self, name: str) -> set[str]:
        """What may be given to a target."""
        return {variable for target in self.closure(name) for variable in target.reads}


def read_makefile(file: Path) -> Makefile:
    """Read the Makefile's targets."""
    text = file.read_text(encoding="utf-8")
    return Makefile(
        {
            name: Target(
                name=name,
                help=(told or "").strip(),
                before=tuple(before.split()),
                reads=frozenset(_VARIABLE.findall(recipe)),
            )
            for name, before, told, recipe in _TARGET.findall(text)
        }
    )
