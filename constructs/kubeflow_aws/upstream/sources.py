"""Brings the pinned sources: from the cache, a mirror folder, the network, or the sample."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from kubeflow_aws.files.cache_folder import appears_whole, write_whole
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.archives import (
    Archive,
    DigestError,
    read_archive,
    stand_ins_of,
    verify_archive,
    verify_files,
)
from kubeflow_aws.upstream.fetching import NotAvailableError, Notify
from kubeflow_aws.upstream.linking import link_sources
from kubeflow_aws.upstream.lock import Source, UpstreamLock
from kubeflow_aws.upstream.source_places import linked_tree, mirrored, source_tree, tree_key

_DIGEST_FILE: Final = ".digest"


class Origin(StrEnum):
    """Where the sources of a render came from."""

    UPSTREAM = "upstream"
    SAMPLE = "sample"

    @property
    def description(self) -> str:
        """For people: what was rendered."""
        if self is Origin.UPSTREAM:
            return "its real upstream sources"
        return "the bundled SAMPLE, which is not Kubeflow: do not deploy it"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceOptions:
    """Where to look for sources.

    Attributes:
        cache: Folder of this project's cache; verified sources are kept below it.
        sample: The bundled sample tree, to render where a source cannot be had; without it that
            is an error, so that no deployment ever gets the sample by accident.
        mirror: Folder with the archives that the lock file names, if there is one.
        offline: Never ask the network.
        helm: A helm, which pulls charts from OCI registries.
    """

    cache: Path
    sample: Path | None = None
    mirror: Path | None = None
    offline: bool = False
    helm: Path = Path("helm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """A tree with one folder a source, all remote references rewritten to local ones.

    Attributes:
        root: The tree.
        origin: Real upstream or the bundled sample.
        digest: Identifies the content, for the render cache.
    """

    root: Path
    origin: Origin
    digest: str


def fetch_sources(lock: UpstreamLock, options: SourceOptions, notify: Notify) -> Sources:
    """Bring all sources of the lock file, or the sample if one cannot be had.

    Raises:
        NotAvailableError: A source cannot be had, and no sample may stand in.
        DigestError: Some source differs from the lock file, or the cache from what was put there.
        UserError: The mirror does not exist.
    """
    if options.mirror and not options.mirror.is_dir():
        raise UserError(
            f"{options.mirror}: the mirror of upstream sources is no folder; "
            "correct upstream.mirror or KUBEFLOW_UPSTREAM_MIRROR"
        )
    root = linked_tree(lock, options.cache)
    if root.is_dir():
        _verify_linked(root)
        _warn_of_stand_ins(lock, root, notify)
        return Sources(root=root, origin=Origin.UPSTREAM, digest=tree_key(lock))
    try:
        trees = {
            name: _verified_tree(name, source, options, notify)
            for name, source in lock.sources.items()
        }
    except NotAvailableError as reason:
        if options.sample is None:
            raise
        notify(
            f"WARNING: {reason}. Rendering the bundled SAMPLE instead: a few hand-written objects "
            "that show the shape of the platform. It is not Kubeflow; do not deploy it."
        )
        digest = _tree_digest(options.sample)
        return Sources(root=options.sample, origin=Origin.SAMPLE, digest=digest)
    with appears_whole(root) as unfinished:
        link_sources(lock, trees, unfinished)
        digest = _tree_digest(unfinished)
        (unfinished / _DIGEST_FILE).write_text(digest, encoding="utf-8")
    _warn_of_stand_ins(lock, root, notify)
    return Sources(root=root, origin=Origin.UPSTREAM, digest=tree_key(lock))


def read_source(
    name: str, source: Source, *, mirror: Path | None, notify: Notify, helm: Path
) -> Archive:
    """The files in use of a source, from the mirror or the network, not compared with anything.

    Raises:
        NotAvailableError: The source is in neither.
        UserError: The archive is damaged.
    """
    archive = mirrored(source, mirror)
    if archive:
        return read_archive(archive, source, said_of=str(archive))
    # It brings an HTTP client, which no render from the cache needs.
    from kubeflow_aws.upstream.downloads import downloaded

    with downloaded(name, source, helm=helm, notify=notify) as download:
        return read_archive(download, source, said_of=source.address)


def _verified_tree(name: str, source: Source, options: SourceOptions, notify: Notify) -> Path:
    tree = source_tree(name, source, options.cache)
    if tree.is_dir():
        files = {
            str(file.relative_to(tree)): file.read_bytes()
            for file in tree.rglob("*")
            if file.is_file()
        }
        verify_files(name, source, files, f"the cache, {tree} (make clean),")
        return tree
    archive = mirrored(source, options.mirror)
    if options.offline and not archive:
        raise NotAvailableError(
            f"upstream source {name} is in no mirror, and upstream.offline forbids the network; "
            "name a mirror under upstream.mirror or KUBEFLOW_UPSTREAM_MIRROR "
            '(docs/operations/upgrade.md, "Working without a network")'
        )
    found = read_source(name, source, mirror=options.mirror, notify=notify, helm=options.helm)
    verify_archive(name, source, found, str(archive or source.address))
    with appears_whole(tree) as unfinished:
        _write(found.files, unfinished)
    return tree


def _write(files: Mapping[str, bytes], target: Path) -> None:
    for path, content in files.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _warn_of_stand_ins(lock: UpstreamLock, root: Path, notify: Notify) -> None:
    for name, source in lock.sources.items():
        files = {
            script.path: (root / name / script.path).read_bytes()
            for script in source.scripts
            if (root / name / script.path).is_file()
        }
        for path in stand_ins_of(source, files):
            notify(
                f"WARNING: the mirror holds a stand-in for {name}/{path}, which does nothing, so "
                "with artifacts: in-cluster no profile could run pipelines. Before you deploy "
                "that, put an archive of the whole source into the mirror, or none, and run "
                "make clean."
            )


def _verify_linked(root: Path) -> None:
    """Refuse a linked tree that is not what was put there.

    Its files are read only where one of them is another than when they were last: ctime is of the
    kernel, and nobody sets it back.
    """
    seen, now = root.with_name(f"{root.name}.seen"), _stamp(root)
    if seen.is_file() and seen.read_text(encoding="utf-8") == now:
        return
    file = root / _DIGEST_FILE
    if not file.is_file() or _tree_digest(root) != file.read_text(encoding="utf-8"):
        raise DigestError(f"{root}: somebody changed the cache; run make clean")
    # A cache that cannot be written is read anew each time.
    with contextlib.suppress(OSError):
        write_whole(seen, now)


def _stamp(root: Path) -> str:
    """Identifies the files of a tree without reading them, links to files included."""
    total = hashlib.sha256()
    for folder, folders, names in os.walk(root):
        folders.sort()
        for name in sorted(names):
            file = Path(folder, name)
            if file.is_file():
                stat = file.stat()
                changes = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"
                total.update(f"{file}\0{stat.st_ino} {changes}\0".encode())
    return total.hexdigest()


def _tree_digest(root: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.name != _DIGEST_FILE:
            total.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return total.hexdigest()
