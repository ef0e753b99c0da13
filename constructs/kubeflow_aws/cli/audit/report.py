"""What the audit says of a deployment, with the answer of osv.dev in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kubeflow_aws.bump.support import SUPPORT_FILE, Support, load_support, pinned_products
from kubeflow_aws.cli.audit.images import (
    AuditedImage,
    ImageRecord,
    audit_images,
    heading,
    packages_of,
    page_lines,
    records_of,
    with_advisories,
)
from kubeflow_aws.cli.audit.osv import OsvUnreachableError, ask_osv
from kubeflow_aws.rendering.floors import Floor, check_floors, idle_floors, load_floors
from kubeflow_aws.rendering.images import images_of
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import Origin


@dataclass(frozen=True, kw_only=True, slots=True)
class AuditReport:
    """The answer.

    Attributes:
        page: Lines for people.
        records: The same for programs, one an image.
        notes: What to know beside them.
        is_troubled: Whether anything is below its floor or has a hole without a note.
    """

    page: Sequence[str]
    records: Sequence[ImageRecord]
    notes: Sequence[str]
    is_troubled: bool


def audit_platform(
    platform: Platform, *, every_variant: Platform, manifests: Path, osv: str, today: date
) -> AuditReport:
    """Audit the images of a deployment.

    Args:
        platform: Rendered with the images' own names.
        every_variant: All components in all variants, which every floor must have an image in.
        manifests: The folder with the floors, the support dates and the lock file.
        osv: Where osv.dev is.
        today: The day on which it is asked.

    Raises:
        UserError: A file is wrong, or a floor is for an image that nothing names.
    """
    floors = load_floors(manifests / FLOORS_FILE)
    support = load_support(manifests / SUPPORT_FILE)
    audited = audit_images(platform.components, floors, support)
    notes = [*_floor_notes(every_variant, floors, manifests)]
    try:
        audited = with_advisories(audited, ask_osv(packages_of(audited), url=osv))
    except OsvUnreachableError as error:
        notes.append(f"osv.dev gave no answer ({error}); holes are of {SUPPORT_FILE} alone")
    notes.extend(_trouble(audited))
    return AuditReport(
        page=[*_without_images(platform, support, today), *page_lines(audited, today)],
        records=list(records_of(audited, today)),
        notes=notes,
        is_troubled=any(each.is_troubled for each in audited),
    )


def _without_images(platform: Platform, support: Support, today: date) -> Iterator[str]:
    """What is no image and has an end all the same: the release of Kubeflow."""
    components = {one.component.name for one in platform.components}
    for product, version in pinned_products(support, components):
        if not product.images:
            yield heading(product, version, today)


def _floor_notes(
    every_variant: Platform, floors: Sequence[Floor], manifests: Path
) -> Iterator[str]:
    if every_variant.origin is Origin.SAMPLE:
        yield "this is the sample, which has not all images: idle floors were not looked for"
        return
    named = {image for one in every_variant.components for image in images_of(one.objects)}
    lock = load_lock(manifests / "upstream.lock.yaml")
    check_floors(floors, named, lock.sources, file=f"manifests/{FLOORS_FILE}")
    versions = {name: source.version for name, source in lock.sources.items()}
    yield from idle_floors(floors, named, versions)


def _trouble(audited: Sequence[AuditedImage]) -> Iterator[str]:
    for each in audited:
        if each.is_below:
            yield f"{each.image} is below its floor"
    without = sorted({name for each in audited for name, why in each.holes() if not why})
    if without:
        yield (
            f"without a note: {', '.join(without)}; raise a floor in {FLOORS_FILE}, or write into "
            f"{SUPPORT_FILE} why it stays"
        )
