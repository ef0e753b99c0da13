"""What stands in the name of a container image, and which of two versions is the older."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_NUMBERED: Final = re.compile(r"v?(\d+(?:\.\d+)*)(.*)", re.DOTALL)
_UNFINISHED: Final = re.compile(r"[-._+]?(?:alpha|beta|dev|pre|rc)(?![a-z])[-._]?(\d*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageReference:
    """The parts of an image's name.

    Attributes:
        name: With the registry, if one is given.
        tag: Empty if none is given.
        digest: With its algorithm; empty if none is given.
    """

    name: str
    tag: str
    digest: str

    def __str__(self) -> str:
        """As a container names it."""
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest}" if self.digest else f"{self.name}{tag}"


def parse_reference(image: str) -> ImageReference:
    """The parts of an image's name."""
    place, _, digest = image.partition("@")
    folder, slash, last = place.rpartition("/")
    name, _, tag = last.partition(":")
    return ImageReference(name=f"{folder}{slash}{name}", tag=tag, digest=digest)


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """A version that can be compared: `v1.30.4`, `8.4`, `26.03.1-rc.2`, `1.30.4-distroless`.

    Attributes:
        numbers: Without zeros at the end, so that 1.30 and 1.30.0 are the same.
        finished: Whether it is a release: a candidate is older than what it is a candidate for.
        candidate: Which candidate it is; 0 for a release.
    """

    numbers: tuple[int, ...]
    finished: bool
    candidate: int


def parse_version(text: str) -> Version | None:
    """What a tag says of the version; nothing if it says none, as `latest` does."""
    found = _NUMBERED.fullmatch(text)
    if not found:
        return None
    numbers = [int(number) for number in found[1].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    unfinished = _UNFINISHED.match(found[2])
    return Version(tuple(numbers), unfinished is None, int(unfinished[1] or 0) if unfinished else 0)


def release_of(tag: str) -> str:
    """The version in a tag, without `v` and variant; empty if it says none.

    For example `0.18.0` of ``v0.18.0-gpu``, and `26.03.1-rc.2` of itself.
    """
    found = _NUMBERED.fullmatch(tag)
    if not found:
        return ""
    unfinished = _UNFINISHED.match(found[2])
    return found[1] + (unfinished[0] if unfinished else "")


def with_version(tag: str, version: str) -> str:
    """A tag with another version: its `v` and its variant stay, that it was a candidate does not.

    Args:
        tag: A tag that has a version, for example ``v1.30.1-distroless``.
        version: The new version, without a `v`.
    """
    found = _NUMBERED.fullmatch(tag)
    variant = found[2] if found else ""
    if _UNFINISHED.match(variant):
        variant = ""
    return f"{'v' if tag.startswith('v') else ''}{version}{variant}"


def is_variant(tag: str, version: str) -> bool:
    """Whether a tag names more than this version: what it names has another digest."""
    return tag.removeprefix("v") != version
