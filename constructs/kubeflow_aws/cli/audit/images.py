"""How old, how long supported and how sound the images of a deployment are."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from kubeflow_aws.bump.support import Basis, Product, Support
from kubeflow_aws.cli.audit.osv import Advisory, PackageVersion
from kubeflow_aws.objects.image_reference import parse_reference, release_of
from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.floors import Floor, below_floors, floor_of
from kubeflow_aws.rendering.images import by_component, images_of
from kubeflow_aws.rendering.render import Rendered

NO_DATE: Final = "no date known"
_WIDTH: Final = 80
_DIGEST: Final = len("sha256:") + 12


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRecord:
    """What a program is told of an image; what is not known is empty.

    Attributes:
        image: Its full name.
        program: What is in it.
        version: The program's version.
        floor: Its least version.
        is_below: Whether it is below that.
        support: Until when it is supported, in a few words.
        holes: Why each known hole stays; empty if nobody has written it.
    """

    image: str
    program: str
    version: str
    floor: str
    is_below: bool
    support: str
    holes: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditedImage:
    """What is known of an image.

    Attributes:
        image: Its full name.
        components: What names it.
        product: The program in it, if the file of support dates has it.
        version: Empty if nothing says it.
        floor: Its least version, if it has one.
        is_below: Whether it is below that.
        advisories: What osv.dev knows of this version.
    """

    image: str
    components: tuple[str, ...]
    product: Product | None
    version: str
    floor: Floor | None
    is_below: bool
    advisories: tuple[Advisory, ...] = ()

    @property
    def package(self) -> PackageVersion | None:
        """What to ask osv.dev for."""
        if not (self.product and self.product.osv and self.version):
            return None
        osv = self.product.osv
        return PackageVersion(ecosystem=osv.ecosystem, name=osv.name, version=self.version)

    def support(self, today: date) -> str:
        """Until when it is supported, in a few words."""
        return _support(self.product, self.version, today) if self.product else NO_DATE

    def holes(self) -> Iterator[tuple[str, str]]:
        """Each hole with the reason why it stays, which is empty if nobody has written one."""
        known = self.product.holes_of(self.version) if self.product else []
        for hole in known:
            yield hole.ids[0], hole.why_it_stays
        noted = {name for hole in known for name in hole.ids}
        for advisory in self.advisories:
            if not advisory.names & noted:
                yield advisory.title, ""

    @property
    def is_troubled(self) -> bool:
        """Whether it is below its floor, or has a hole that nobody has written a note about."""
        return self.is_below or any(not reason for _, reason in self.holes())


def audit_images(
    components: Sequence[Rendered], floors: Sequence[Floor], support: Support
) -> list[AuditedImage]:
    """Every image of a deployment, sorted, with what the files of this project know of it."""
    labels = _labelled_versions(components)
    objects = [item for one in components for item in one.objects]
    below = {each.image for each in below_floors(objects, floors)}
    return [
        AuditedImage(
            image=image,
            components=tuple(users),
            product=support.product_of(image),
            version=release_of(parse_reference(image).tag) or labels.get(image, ""),
            floor=floor_of(image, floors),
            is_below=image in below,
        )
        for image, users in by_component(components)
    ]


def _labelled_versions(components: Iterable[Rendered]) -> dict[str, str]:
    """The versions of images that are named by digest alone, as their objects' labels say."""
    found: dict[str, str] = {}
    for one in components:
        for item in one.objects:
            labels = metadata(item).get("labels")
            label = labels.get("app.kubernetes.io/version") if isinstance(labels, dict) else None
            if isinstance(label, str):
                without_tag = (each for each in images_of([item]) if not parse_reference(each).tag)
                found.update({image: release_of(label) for image in without_tag})
    return found


def packages_of(audited: Iterable[AuditedImage]) -> list[PackageVersion]:
    """What to ask osv.dev for, each once."""
    return sorted({each.package for each in audited if each.package})


def records_of(audited: Iterable[AuditedImage], today: date) -> Iterator[ImageRecord]:
    """The same for programs, one an image.

    Args:
        audited: The images.
        today: The day on which it is asked.
    """
    for each in audited:
        yield ImageRecord(
            image=each.image,
            program=each.product.name if each.product else "",
            version=each.version,
            floor=each.floor.least if each.floor else "",
            is_below=each.is_below,
            support=each.support(today),
            holes=dict(each.holes()),
        )


def page_lines(audited: Sequence[AuditedImage], today: date) -> Iterator[str]:
    """The same for people: programs with their images below them, in 80 columns."""
    groups: dict[tuple[str, str], list[AuditedImage]] = {}
    for each in audited:
        name = each.product.name if each.product else ""
        groups.setdefault((name, each.version if name else ""), []).append(each)
    # What no product is known of comes last.
    ordered = sorted(groups.items(), key=lambda group: (not group[0][0], group[0][0].lower()))
    for (_, version), images in ordered:
        product = images[0].product
        yield heading(product, version, today) if product else f"Others: {NO_DATE}"
        for each in images:
            yield from _image_lines(each)
        for hole, reason in images[0].holes():
            text = f"{hole} stays: {reason}" if reason else f"{hole}: no note says why it stays"
            yield from textwrap.wrap(text, _WIDTH, initial_indent="  ! ", subsequent_indent="    ")


def heading(product: Product, version: str, today: date) -> str:
    """A program, its version, and until when that is supported."""
    support = _support(product, version, today)
    return f"{product.name} {version}: {support if support == NO_DATE else f'support {support}'}"


def _support(product: Product, version: str, today: date) -> str:
    end = product.end_of(version)
    if end is None:
        return NO_DATE
    verb = "ended" if today > end.day else "ends"
    return f"{verb} {end.day}{' (derived)' if end.basis is Basis.DERIVED else ''}"


def _image_lines(each: AuditedImage) -> Iterator[str]:
    name, at, digest = each.image.partition("@")
    # So much of a digest as there is room for, and not more than tells two apart.
    line = f"  {name}{at}{digest[:_DIGEST]}"[: max(_WIDTH, len(name) + 2)]
    line = line if len(line) <= _WIDTH else line.strip()
    floor = f"floor {each.floor.least}{', BELOW IT' if each.is_below else ''}" if each.floor else ""
    if floor and len(line) + len(floor) + 2 <= _WIDTH:
        yield f"{line}  {floor}"
        return
    yield line
    if floor:
        yield f"      {floor}"


def with_advisories(
    audited: Iterable[AuditedImage], found: Mapping[PackageVersion, Sequence[Advisory]]
) -> list[AuditedImage]:
    """The images with what osv.dev knows of them."""
    return [
        replace(each, advisories=tuple(found.get(each.package, ())) if each.package else ())
        for each in audited
    ]
