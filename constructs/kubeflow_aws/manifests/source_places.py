"""Where the pinned sources are kept, and which place a render would take each from."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from kubeflow_aws.manifests.lock import Source, UpstreamLock


class Place(StrEnum):
    """Where a source comes from."""

    CACHE = "the cache"
    MIRROR = "the mirror"
    NETWORK = "the network"


def places_of(lock: UpstreamLock, *, cache: Path, mirror: Path | None) -> dict[str, Place]:
    """The place that each source would come from, without a look at what is in it.

    Args:
        lock: The pinned sources.
        cache: Folder of this project's cache.
        mirror: Folder with archives, if there is one.
    """
    whole = linked_tree(lock, cache).is_dir()
    places = {}
    for name, source in lock.sources.items():
        if whole or source_tree(name, source, cache).is_dir():
            places[name] = Place.CACHE
        else:
            places[name] = Place.MIRROR if mirrored(source, mirror) else Place.NETWORK
    return places


def linked_tree(lock: UpstreamLock, cache: Path) -> Path:
    """The folder of the cache with all sources side by side."""
    return cache / "upstream" / lock.digest[:16]


def source_tree(name: str, source: Source, cache: Path) -> Path:
    """The folder of the cache with one source, verified."""
    return cache / "sources" / f"{name}-{source.digest[7:23]}"


def mirrored(source: Source, mirror: Path | None) -> Path | None:
    """The archive of a source in a mirror, if it is there."""
    archive = mirror / source.archive if mirror else None
    return archive if archive and archive.is_file() else None
