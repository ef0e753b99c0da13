"""Where the pinned sources are kept, and which place a render would take each from."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from pathlib import Path
from typing import Final

from kubeflow_aws.upstream import archives, chart_values, linking, lock
from kubeflow_aws.upstream.lock import Source, UpstreamLock

_KEY_LENGTH: Final = 16

_CODE: Final = tuple(
    Path(str(module.__file__)) for module in (archives, chart_values, linking, lock)
)
"""What decides how a tree of the cache looks, beside the lock file."""


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


def tree_key(lock: UpstreamLock) -> str:
    """Identifies the tree of all sources: the lock file, every field of it, and our own code."""
    return _keyed(lock.digest)


def linked_tree(lock: UpstreamLock, cache: Path) -> Path:
    """The folder of the cache with all sources side by side."""
    return cache / "upstream" / tree_key(lock)[:_KEY_LENGTH]


def source_tree(name: str, source: Source, cache: Path) -> Path:
    """The folder of the cache with one source, verified."""
    return cache / "sources" / f"{name}-{_keyed(source.key)[:_KEY_LENGTH]}"


def mirrored(source: Source, mirror: Path | None) -> Path | None:
    """The archive of a source in a mirror, if it is there."""
    archive = mirror / source.archive if mirror else None
    return archive if archive and archive.is_file() else None


def _keyed(entry: str) -> str:
    total = hashlib.sha256(entry.encode())
    for file in _CODE:
        total.update(file.read_bytes())
    return total.hexdigest()
