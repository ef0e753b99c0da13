"""Sets of ports, by protocol."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
LAST: Final = 65535


@dataclass(frozen=True, order=True, slots=True)
class PortRange:
    """Ports of one protocol that follow each other.

    Attributes:
        protocol: `TCP`, `UDP` or `SCTP`.
        first: The first port.
        last: The last one.
    """

    protocol: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Ports:
    """Ports that are open: ranges that neither overlap nor touch, in order."""

    ranges: tuple[PortRange, ...]

    @classmethod
    def of(cls, ranges: Iterable[PortRange]) -> Ports:
        """The union of some ranges."""
        joined: list[PortRange] = []
        for each in sorted(ranges):
            before = joined[-1] if joined else None
            if before and before.protocol == each.protocol and each.first <= before.last + 1:
                last = max(before.last, each.last)
                joined[-1] = PortRange(before.protocol, before.first, last)
            else:
                joined.append(each)
        return cls(tuple(joined))

    def __or__(self, other: Ports) -> Ports:
        """What is in one of both."""
        return Ports.of([*self.ranges, *other.ranges])

    def __and__(self, other: Ports) -> Ports:
        """What is in both."""
        return Ports.of(
            PortRange(one.protocol, max(one.first, two.first), min(one.last, two.last))
            for one in self.ranges
            for two in other.ranges
            if one.protocol == two.protocol and max(one.first, two.first) <= min(one.last, two.last)
        )

    def __contains__(self, port: object) -> bool:
        """Whether a port of TCP is among them."""
        return isinstance(port, int) and any(
            each.protocol == "TCP" and each.first <= port <= each.last for each in self.ranges
        )

    def __bool__(self) -> bool:
        """Whether any port is."""
        return bool(self.ranges)

    def __str__(self) -> str:
        """For example ``8012, 8013`` or ``all but 22``; TCP goes without saying."""
        if self == ALL:
            return "all"
        shut = self._shut()
        return f"all but {shut._list()}" if len(shut.ranges) < len(self.ranges) else self._list()

    def _list(self) -> str:
        tcp = [_text(each) for each in self.ranges if each.protocol == "TCP"]
        others = [f"{_text(r)}/{r.protocol}" for r in self.ranges if r.protocol != "TCP"]
        return ", ".join([*tcp, *others]) or "none"

    def _shut(self) -> Ports:
        """All that are not among them."""
        found: list[PortRange] = []
        for protocol in PROTOCOLS:
            first = ALL.ranges[0].first
            for each in self.ranges:
                if each.protocol == protocol:
                    found.append(PortRange(protocol, first, each.first - 1))
                    first = each.last + 1
            found.append(PortRange(protocol, first, LAST))
        return Ports.of(each for each in found if each.first <= each.last)


def _text(each: PortRange) -> str:
    return str(each.first) if each.first == each.last else f"{each.first}-{each.last}"


ALL: Final = Ports.of(PortRange(protocol, 1, LAST) for protocol in PROTOCOLS)
NONE: Final = Ports(())
