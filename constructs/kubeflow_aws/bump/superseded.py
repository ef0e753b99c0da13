"""Which version the copies are that sources of ours stand in the place of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow_aws.bump.kustomizations import read_kustomization
from kubeflow_aws.upstream.linking import KUSTOMIZATIONS
from kubeflow_aws.upstream.lock import UpstreamLock
from kubeflow_aws.upstream.source_places import source_tree

_NUMBER: Final = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Superseded:
    """A copy of a source that another source holds, and that is not used.

    Attributes:
        name: The source that is used instead.
        version: Its version.
        holder: The source that holds the copy.
        folder: Where it holds it.
        copy_version: The copy's version, if it says so.
    """

    name: str
    version: str
    holder: str
    folder: str
    copy_version: str | None

    @property
    def is_needless(self) -> bool:
        """Whether the copy is as new as what stands in its place, or newer."""
        return bool(self.copy_version) and _numbers(self.copy_version or "") >= _numbers(
            self.version
        )


def superseded_in(lock: UpstreamLock, cache: Path) -> Iterator[Superseded]:
    """The copies in whose place sources stand.

    A copy's version is the tag of images where its twin's kustomizations have its own version as
    the tag: Pipelines, for one, writes it there at each release.

    Args:
        lock: The sources.
        cache: The cache that has them.
    """
    for name, source in lock.sources.items():
        for copy in source.supersedes:
            holder = source_tree(copy.source, lock.sources[copy.source], cache)
            yield Superseded(
                name=name,
                version=source.version,
                holder=copy.source,
                folder=copy.folder,
                copy_version=_version_of(
                    holder / copy.folder,
                    twin=source_tree(name, source, cache) / copy.path,
                    version=source.version,
                ),
            )


def _version_of(folder: Path, *, twin: Path, version: str) -> str | None:
    for name in KUSTOMIZATIONS:
        for file in sorted(twin.rglob(name)):
            other = folder / file.relative_to(twin)
            tags = _tags(file)
            if other.is_file() and version in tags.values():
                same = [_tags(other).get(image) for image, tag in tags.items() if tag == version]
                if any(same):
                    return next(tag for tag in same if tag)
    return None


def _tags(kustomization: Path) -> dict[str, str]:
    images = read_kustomization(kustomization).get("images")
    return {
        str(image.get("name")): str(image["newTag"])
        for image in (images if isinstance(images, list) else [])
        if isinstance(image, dict) and "newTag" in image
    }


def _numbers(version: str) -> list[int]:
    return [int(number) for number in _NUMBER.findall(version)]
