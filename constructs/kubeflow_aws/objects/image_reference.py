"""What stands in the name of a container image, and which of two versions is the older."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_STAGE: Final = r"(?P<stage>alpha|beta|dev|pre|rc)(?![A-Za-z])"
# Behind its stage a candidate has a number, or the commit that it was made from, as Istio's have.
_WHICH: Final = (
    r"(?:[-._]?(?P<number>\d+)(?![0-9A-Za-z])|[-._]?\d[0-9A-Za-z]*"
    r"|\.[0-9a-f]+(?![0-9A-Za-z])|-[0-9a-f]{7,40}(?![0-9A-Za-z]))?"
)
_UNFINISHED: Final = re.compile(rf"[-._+]?{_STAGE}{_WHICH}")
# A letter right behind the numbers makes a hash of them: 1a2b3c4d says no version. A candidate's
# stage may stand there, as Python writes it: 2.17.0rc1.
_NUMBERED: Final = re.compile(
    r"v?(?P<numbers>\d++(?:\.\d++)*+)(?P<rest>|[-._+].*|(?:alpha|beta|dev|pre|rc)(?![A-Za-z]).*)",
    re.DOTALL,
)


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


class Stage(IntEnum):
    """How far a version is: each is older than the next."""

    DEV = 0
    ALPHA = 1
    BETA = 2
    PRE = 3
    RC = 4
    RELEASE = 5


@dataclass(frozen=True, order=True, slots=True)
class Version:
    """A version that can be compared: `v1.30.4`, `8.4`, `26.03.1-rc.2`, `1.30.4-distroless`.

    Attributes:
        numbers: Without zeros at the end, so that 1.30 and 1.30.0 are the same.
        stage: A candidate is older than the release that it is a candidate for.
        candidate: Which candidate it is; 0 for a release, and where a commit says which.
    """

    numbers: tuple[int, ...]
    stage: Stage
    candidate: int


OLDEST: Final = Version((), Stage.DEV, 0)
"""Older than every version that a tag can say."""


def parse_version(text: str) -> Version | None:
    """What a tag says of the version; nothing if it says none, as `latest` or a hash does."""
    found = _NUMBERED.fullmatch(text)
    if not found:
        return None
    numbers = [int(number) for number in found["numbers"].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    unfinished = _UNFINISHED.match(found["rest"])
    if not unfinished:
        return Version(tuple(numbers), Stage.RELEASE, 0)
    stage = Stage[unfinished["stage"].upper()]
    return Version(tuple(numbers), stage, int(unfinished["number"] or 0))


def release_of(tag: str) -> str:
    """The version in a tag, without `v` and variant; empty if it says none.

    For example `0.18.0` of ``v0.18.0-gpu``, and `26.03.1-rc.2` of itself.
    """
    found = _NUMBERED.fullmatch(tag)
    if not found:
        return ""
    unfinished = _UNFINISHED.match(found["rest"])
    return found["numbers"] + (unfinished[0] if unfinished else "")


def with_version(tag: str, version: str) -> str:
    """A tag with another version: its `v` and its variant stay, that it was a candidate does not.

    Args:
        tag: A tag that has a version, for example ``v1.30.1-rc.1-distroless``.
        version: The new version, without a `v`.
    """
    found = _NUMBERED.fullmatch(tag)
    rest = found["rest"] if found else ""
    unfinished = _UNFINISHED.match(rest)
    variant = rest[unfinished.end() :] if unfinished else rest
    return f"{'v' if tag.startswith('v') else ''}{version}{variant}"


def is_variant(tag: str, version: str) -> bool:
    """Whether a tag names more than this version: what it names has another digest."""
    return tag.removeprefix("v") != version
