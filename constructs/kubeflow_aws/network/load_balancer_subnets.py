"""The subnets that the platform's load balancer stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerSubnets:
    """One subnet per zone.

    Attributes:
        ids: Their ids.
        cidrs: Their ranges, from which the gateway admits requests.
    """

    ids: Sequence[str]
    cidrs: Sequence[str]
