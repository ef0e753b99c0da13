"""The name servers of a zone, as this machine's DNS sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import dns.exception
import dns.resolver

SECONDS: Final = 5
"""After which DNS counts as out of reach."""

WELL_KNOWN: Final = "amazonaws.com"
"""A zone that every resolver knows that knows the public DNS."""

NameServers = Callable[[str], frozenset[str]]
"""The name servers of a zone, none if DNS knows none; raises OSError if DNS does not answer."""


def name_servers(zone: str) -> frozenset[str]:
    """Ask the resolvers of this machine.

    Args:
        zone: Name of the zone, without the dot at its end.

    Returns:
        Lower-case names without the dot at their end.

    Raises:
        OSError: No resolver answers, or none knows the public DNS, or the servers that they find
            do not know the zone.
    """
    found = _ask(zone)
    if not found and not _ask(WELL_KNOWN):
        raise OSError(f"this machine's DNS does not even know {WELL_KNOWN}")
    return found


def _ask(zone: str) -> frozenset[str]:
    try:
        answer = dns.resolver.Resolver().resolve(f"{zone}.", "NS", lifetime=SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return frozenset()
    except dns.exception.DNSException as error:
        raise OSError(str(error)) from None
    return frozenset(record.to_text().rstrip(".").lower() for record in answer)
