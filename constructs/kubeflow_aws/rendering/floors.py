"""The least versions of images: upstream's tags lag behind fixes and ends of life.

A floor raises an image that is below it, wherever it is named, and lowers none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
)

from kubeflow_aws.deployment.images import Digest
from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.image_reference import (
    OLDEST,
    ImageReference,
    Version,
    is_variant,
    parse_reference,
    parse_version,
    with_version,
)
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.images import PARTS, canonical_name, images_of, is_at, map_images
from kubeflow_aws.rendering.render import Rendered

FloorVersion = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d+)*$")]
ImagePlace = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+/[a-z0-9._/-]+$")]
"""Registry and path of an image, without a version."""

FolderPlace = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(/[a-z0-9._-]+)+$")
]


def _comparable(value: str) -> str:
    if parse_version(value) is None:
        raise ValueError(f"found {value}, which is no version; give one such as 26.10")
    return value


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Until(_Declared):
    """The release of an upstream source from which on a floor should not be needed.

    Attributes:
        source: Its name in upstream.lock.yaml.
        version: The release.
    """

    source: str
    version: Annotated[str, AfterValidator(_comparable)]


class Floor(_Declared):
    """A least version, and why.

    Attributes:
        images: Registry and path of each image that has it.
        also_from: Folders of registries with the same images under the same last names.
        least: The least version, without a `v`.
        why: What older ones have.
        link: Where that is said.
        read_on: When it was read there.
        until: The release that is expected to name this version by itself; none if nothing is
            known of one.
        digests: Digests of exactly this version by image, where they are known.
    """

    images: Annotated[tuple[ImagePlace, ...], Field(min_length=1)]
    also_from: tuple[FolderPlace, ...] = ()
    least: FloorVersion
    why: Annotated[str, StringConstraints(min_length=20)]
    link: Annotated[str, StringConstraints(pattern=r"^https://")]
    read_on: date
    until: Until | None = None
    digests: dict[ImagePlace, Digest] = {}

    @property
    def version(self) -> Version:
        """The least version, to compare."""
        return parse_version(self.least) or OLDEST

    def is_for(self, name: str) -> bool:
        """Whether an image of this full name has the floor, a copy in another registry included."""
        last = name.rpartition("/")[2]
        return any(is_at(name, image) for image in self.images) or (
            any(image.rpartition("/")[2] == last for image in self.images)
            and any(is_at(name, f"{folder}/{last}") for folder in self.also_from)
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Below:
    """An image that is below its floor."""

    image: str
    floor: Floor


def load_floors(path: Path) -> tuple[Floor, ...]:
    """Read the file of floors.

    Raises:
        UserError: It cannot be read, breaks its form, or has a floor that could not be kept.
    """
    floors = read_data_file(path, TypeAdapter(tuple[Floor, ...]))
    seen: set[str] = set()
    for floor in floors:
        for image in floor.images:
            if image in PARTS:
                raise UserError(
                    f"{path}: {image}: a program joins this name with a version that stands "
                    "elsewhere, where no floor reaches; bump its upstream source instead"
                )
            if image in seen:
                raise UserError(f"{path}: {image} has two floors; keep the higher one")
            seen.add(image)
        for image in floor.digests:
            if image not in floor.images:
                raise UserError(f"{path}: digests: {image} is none of the images of its floor")
    return floors


def raise_images(rendered: Rendered, floors: Sequence[Floor]) -> Rendered:
    """A component with every image that is below its floor raised to it."""
    if not floors:
        return rendered

    def raised(image: str) -> str:
        return raised_name(image, floors)

    return replace(rendered, objects=[map_images(item, raised) for item in rendered.objects])


def raised_name(image: str, floors: Sequence[Floor]) -> str:
    """The name of an image at its floor; the same if it has none, or is not below it.

    A digest belongs to the old version and goes. A tag that says no version, or a digest alone,
    stays: nobody can tell whether it is below.
    """
    floor = floor_of(image, floors)
    reference = parse_reference(image)
    if floor is None or not _is_below(reference, floor):
        return image
    tag = with_version(reference.tag, floor.least)
    name = parse_reference(canonical_name(image)).name
    digest = "" if is_variant(tag, floor.least) else floor.digests.get(name, "")
    return str(ImageReference(name=reference.name, tag=tag, digest=digest))


def floor_of(image: str, floors: Iterable[Floor]) -> Floor | None:
    """The floor of an image, if it has one."""
    name = parse_reference(canonical_name(image)).name
    return next((floor for floor in floors if floor.is_for(name)), None)


def below_floors(objects: Iterable[KubernetesObject], floors: Sequence[Floor]) -> Iterator[Below]:
    """The images of objects that are below their floor, hidden ones included."""
    for image in sorted(images_of(objects)):
        floor = floor_of(image, floors)
        if floor and _is_below(parse_reference(image), floor):
            yield Below(image=image, floor=floor)


def check_floors(
    floors: Iterable[Floor], named: Collection[str], sources: Collection[str], *, file: str
) -> None:
    """Refuse a floor of an image that nothing names, or that waits for a source that is none.

    Args:
        floors: The floors.
        named: The full names of the images of all components in all variants: a deployment
            without Dex has no oauth2-proxy.
        sources: The names of the upstream sources of the lock file.
        file: The file of floors, for the error.

    Raises:
        UserError: The text names the file, and the image or the source.
    """
    names = {parse_reference(canonical_name(image)).name for image in named}
    for floor in floors:
        for image in floor.images:
            alone = floor.model_copy(update={"images": (image,)})
            if not any(alone.is_for(name) for name in names):
                raise UserError(
                    f"{file}: {image}: no component of any option names this image; correct the "
                    "name, or remove the floor"
                )
        if floor.until and floor.until.source not in sources:
            raise UserError(
                f"{file}: {floor.images[0]}: until.source is {floor.until.source}, which is no "
                f"source of upstream.lock.yaml; allowed: {', '.join(sorted(sources))}"
            )


def idle_floors(
    floors: Iterable[Floor], named: Collection[str], versions: dict[str, str]
) -> Iterator[str]:
    """What to change about floors, in a sentence each.

    Args:
        floors: The floors.
        named: The full names of the images of all components in all variants, as upstream has
            them.
        versions: Version of each upstream source of the lock file.
    """
    for floor in floors:
        what = f"the floor {floor.least} of {', '.join(floor.images)}"
        below = any(
            _is_below(parse_reference(image), floor) for image in named if floor_of(image, [floor])
        )
        if not below:
            yield f"{what} raises nothing: upstream is there by itself; remove it"
        elif floor.until and _has_come(floor.until, versions):
            yield (
                f"{what} was to be needed until {floor.until.source} {floor.until.version}, "
                "which has come and still names an older one; correct `until`"
            )


def _has_come(until: Until, versions: dict[str, str]) -> bool:
    pinned, awaited = parse_version(versions.get(until.source, "")), parse_version(until.version)
    return pinned is not None and awaited is not None and pinned >= awaited


def _is_below(reference: ImageReference, floor: Floor) -> bool:
    version = parse_version(reference.tag)
    return version is not None and version < floor.version
