"""Until when upstream supports the programs of the platform, and which known holes stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, StringConstraints, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.objects.image_reference import parse_reference, parse_version
from kubeflow_aws.rendering.images import canonical_name

SUPPORT_FILE: Final = "support.yaml"
"""Support dates and known holes, in the folder of manifests."""

NOTICE: Final = timedelta(days=90)
"""How long before an end it is spoken of: enough for an upgrade that is tested first."""

Link = Annotated[str, StringConstraints(pattern=r"^https://")]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Basis(StrEnum):
    """How it is known on which day support ends."""

    READ = "read"
    DERIVED = "derived"


class End(_Declared):
    """The last day of support of a version.

    Attributes:
        day: The day.
        basis: Whether upstream names it, or a rule of upstream's leads to it.
    """

    day: date
    basis: Basis


class OsvPackage(_Declared):
    """What osv.dev calls a program."""

    ecosystem: str
    name: str


class Hole(_Declared):
    """An advisory that is known to apply and to stay.

    Attributes:
        ids: All its names.
        below: The first version without it.
        link: The advisory.
        why_it_stays: Why nothing is done about it.
    """

    ids: tuple[str, ...]
    below: str
    link: Link
    why_it_stays: Annotated[str, StringConstraints(min_length=20)]


class Product(_Declared):
    """A program of upstream's.

    Attributes:
        name: What it is called.
        components: The components that bring it.
        policy: Where its support is spoken of.
        pinned: The version that the pinned sources name, floors included; none if several.
        images: Patterns of its images, with their registry.
        osv: What osv.dev calls it; none if it is numbered otherwise there, or is not there.
        ends: Ends of support by version.
        holes: What is known to stay.
    """

    name: str
    components: tuple[str, ...]
    policy: Link
    pinned: str | None = None
    images: tuple[str, ...] = ()
    osv: OsvPackage | None = None
    ends: dict[str, End] = {}
    holes: tuple[Hole, ...] = ()

    def end_of(self, version: str) -> End | None:
        """The end of support of a version; nothing if no date is known."""
        parts = version.removeprefix("v").replace("-", ".").split(".")
        lines = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.ends[line] for line in lines if line in self.ends), None)

    def holes_of(self, version: str) -> list[Hole]:
        """The known holes of a version."""
        asked = parse_version(version)
        return [
            hole
            for hole in self.holes
            if asked and (fixed := parse_version(hole.below)) and asked < fixed
        ]


class Support(_Declared):
    """The file of support dates.

    Attributes:
        read_on: When the dates were looked up.
        products: Each program, the more special pattern of images first.
    """

    read_on: date
    products: tuple[Product, ...]

    def product_of(self, image: str) -> Product | None:
        """The program that runs in an image."""
        name = parse_reference(canonical_name(image)).name
        return next(
            (
                product
                for product in self.products
                if any(fnmatchcase(name, pattern) for pattern in product.images)
            ),
            None,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """A version whose support has ended, or soon will."""

    product: Product
    version: str
    end: End

    def sentence(self, today: date) -> str:
        """For example: support of Knative 1.22.0 ended on 2026-11-03 (derived)."""
        verb = "ended" if today > self.end.day else "ends"
        return f"support of {self.product.name} {self.version} {verb} {self.end_text}"

    @property
    def end_text(self) -> str:
        """The day, and whether upstream names it."""
        basis = "" if self.end.basis is Basis.READ else ", derived from its rules"
        return f"on {self.end.day}{basis}"


def load_support(path: Path) -> Support:
    """Read the file of support dates.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return read_data_file(path, TypeAdapter(Support))


def pinned_products(support: Support, components: Collection[str]) -> Iterator[tuple[Product, str]]:
    """The programs that components bring, with their pinned versions.

    Args:
        support: The file of support dates.
        components: Names of the components of a deployment.
    """
    for product in support.products:
        if product.pinned and any(name in components for name in product.components):
            yield product, product.pinned


def ending(products: Iterable[tuple[Product, str]], today: date) -> Sequence[Ending]:
    """The versions whose support has ended or ends within the notice, the earliest first."""
    found = [
        Ending(product=product, version=version, end=end)
        for product, version in products
        if (end := product.end_of(version)) and end.day - today <= NOTICE
    ]
    return sorted(found, key=lambda each: each.end.day)
