"""What resources cost by their type alone: a checked-in file."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from kubeflow_aws.cli.cost.charges import Line, Terms
from kubeflow_aws.cli.cost.prices import Assumptions, Price, Rates
from kubeflow_aws.files.data_file import read_data_file

FILE: Final = Path(__file__).with_suffix(".yaml")


def _is_an_amount(name: str) -> str:
    if name not in Assumptions.model_fields:
        known = ", ".join(Assumptions.model_fields)
        raise ValueError(f"assumptions.yaml has no amount {name}; take one of {known}")
    return name


def _is_a_rate(name: str) -> str:
    if name not in Rates.model_fields:
        known = ", ".join(Rates.model_fields)
        raise ValueError(f"prices.yaml has no rate {name}; take one of {known}")
    return name


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class CostLine(_Data):
    """An amount of one thing at one price, by their names."""

    what: str = Field(description="What it is.")
    quantity: tuple[Annotated[str, AfterValidator(_is_an_amount)], ...] = Field(
        default=(), description="The amounts that are multiplied; one, where there are none."
    )
    in_units_of: Annotated[int, Field(ge=1)] = Field(
        default=1, description="How many of them the price is for."
    )
    price: Annotated[str, AfterValidator(_is_a_rate)] = Field(description="The price of one.")
    assumed: bool = Field(default=False, description="Whether the quantity is an assumption.")

    def line(self, terms: Terms) -> Line:
        """What a resource costs.

        Args:
            terms: Prices and assumptions.
        """
        amounts = [getattr(terms.assume, name) for name in self.quantity]
        price: Price = getattr(terms.prices.rates, self.price)
        quantity = math.prod(amounts) / self.in_units_of
        return Line(what=self.what, quantity=quantity, price=price, assumed=self.assumed)


class CostLines(_Data):
    """`lines.yaml`."""

    free: frozenset[str] = Field(description="Types that never cost anything.")
    by_use: frozenset[str] = Field(description="Types that cost about nothing.")
    priced: dict[str, Annotated[tuple[CostLine, ...], Field(min_length=1)]] = Field(
        description="What each resource of a type costs a month."
    )

    @model_validator(mode="after")
    def _names_a_type_once(self) -> Self:
        named = Counter([*self.free, *self.by_use, *self.priced])
        if twice := sorted(name for name, times in named.items() if times > 1):
            raise ValueError(
                f"{', '.join(twice)}: a type is free, costs by use, or is priced; name it once"
            )
        return self

    def lines_of(self, kind: str, terms: Terms) -> Iterable[Line] | None:
        """What a resource of a type costs; None if the file does not name its type.

        Args:
            kind: The type.
            terms: Prices and assumptions.
        """
        if kind in self.free or kind in self.by_use:
            return ()
        lines = self.priced.get(kind)
        return None if lines is None else [each.line(terms) for each in lines]


def load_lines(path: Path = FILE) -> CostLines:
    """Read the file.

    Raises:
        UserError: It cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(CostLines))


@functools.cache
def cost_lines() -> CostLines:
    """The checked-in file.

    Raises:
        UserError: It cannot be read or breaks its form.
    """
    return load_lines()
