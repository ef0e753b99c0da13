"""Lets custom resources wait for one another, so that few are in flight at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from constructs import Construct, IDependable

from kubeflow_aws.applying.limits import AT_ONCE


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """Custom resources below a construct.

    Attributes:
        width: The most of them that are in flight at once.
        steps: How many come one after another.
    """

    width: int
    steps: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Entry:
    construct: Construct
    work: Work
    after: Sequence[IDependable]


class Lanes:
    """Lets constructs of a stack wait for one another, so that at most `AT_ONCE` are in flight."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []

    def add(self, construct: Construct, work: Work, *, after: Sequence[IDependable]) -> None:
        """Take a construct in.

        Args:
            construct: The construct.
            work: What is below it.
            after: What it waits for by itself; of what is in lanes, only what came before.

        Raises:
            ValueError: It has more custom resources at once than there are lanes.
        """
        if work.width > AT_ONCE:
            raise ValueError(f"{construct.node.path}: {work.width} at once; there are {AT_ONCE}")
        self._entries.append(_Entry(construct=construct, work=work, after=after))

    def assign(self) -> None:
        """Give each its lanes, as many as it has at once, behind what was in them before.

        Call it once, when all are in. What most waits for comes first; steps stand for time.
        """
        lanes: list[tuple[int, Construct | None]] = [(0, None)] * AT_ONCE
        ends: dict[IDependable, int] = {}
        for entry in self._most_urgent_first():
            width = entry.work.width
            lanes.sort(key=lambda lane: lane[0])
            earliest = max((ends.get(each, 0) for each in entry.after), default=0)
            begin = max([earliest, *(end for end, _ in lanes[:width])])
            # Of the lanes that are free by then those that become so last: another may need them.
            last = sum(end <= begin for end, _ in lanes)
            ends[entry.construct] = begin + entry.work.steps
            for number in range(last - width, last):
                before = lanes[number][1]
                if before is not None:
                    entry.construct.node.add_dependency(before)
                lanes[number] = (ends[entry.construct], entry.construct)

    def _most_urgent_first(self) -> list[_Entry]:
        """By the steps from the beginning of each to the end of all that waits for it."""
        remaining: dict[IDependable, int] = {}
        for entry in reversed(self._entries):
            rest = remaining.get(entry.construct, 0) + entry.work.steps
            remaining[entry.construct] = rest
            for each in entry.after:
                remaining[each] = max(remaining.get(each, 0), rest)
        return sorted(self._entries, key=lambda entry: -remaining[entry.construct])
