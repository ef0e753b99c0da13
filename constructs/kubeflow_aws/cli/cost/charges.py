"""What a resource costs a month, or why nobody knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeAlias

from kubeflow_aws.catalog.instance_types import InstanceSize, sizes_with
from kubeflow_aws.cli.cost.prices import Assumptions, Price, Prices


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """An amount of one thing at one price.

    Attributes:
        what: What it is.
        quantity: How much of it a month.
        price: The price of one.
        assumed: Whether the quantity is an assumption rather than in the template.
    """

    what: str
    quantity: float
    price: Price
    assumed: bool = False

    @property
    def usd(self) -> float:
        """Dollars a month."""
        return max(0.0, self.quantity - self.price.free) * self.price.usd


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Uncounted:
    """Something that costs money which is in no sum.

    Attributes:
        what: What it is.
        why: Why it is not counted, and what to do about it.
    """

    what: str
    why: str


Charge: TypeAlias = Line | Uncounted


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """By what charges are reckoned.

    Attributes:
        prices: The prices.
        assume: The assumptions.
        today: Decides whether a Kubernetes version is past its standard support.
        sizes: What instance types offer, by their names.
    """

    prices: Prices
    assume: Assumptions
    today: date
    sizes: Mapping[str, InstanceSize] = field(default_factory=lambda: sizes_with({}))


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """A resource of a template.

    Attributes:
        kind: Its type in CloudFormation.
        logical_id: Its id in the template.
        properties: Its properties; their form is CloudFormation's own.
        siblings: All resources of the same template, by logical id.
    """

    kind: str
    logical_id: str
    properties: Mapping[str, Any]
    siblings: Mapping[str, Any]


Pricer: TypeAlias = Callable[[Resource, Terms], Iterable[Charge]]
"""Says what a resource of a type costs."""


def priced_by_type(
    what: str, price: Price | None, quantity: float, *, assumed: bool = False
) -> Charge:
    """A line for something whose price may be missing in `prices.yaml`.

    Args:
        what: What it is, with its type.
        price: Its price, if it is known.
        quantity: How much of it a month.
        assumed: Whether the quantity is an assumption.
    """
    if price is None:
        why = "constructs/kubeflow_aws/cli/cost/prices.yaml has no price for it; add one"
        return Uncounted(what=what, why=why)
    return Line(what=what, quantity=quantity, price=price, assumed=assumed)
