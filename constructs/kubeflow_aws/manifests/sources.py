"""Brings the pinned sources: from the cache, a mirror folder, the network, or the sample."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.cache_folder import appears_whole
from kubeflow_aws.manifests.lock import Source, UpstreamLock
from kubeflow_aws.manifests.source_places import linked_tree, mirrored, source_tree

NETWORK_TIMEOUT_SECONDS = 20

_DIGEST_FILE = ".digest"

Notify = Callable[[str], None]
"""Takes one line of progress."""


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


class DigestError(UserError):
    """A source whose content is not what the lock file pins."""


class NotAvailableError(UserError):
    """A source that is neither in the cache, the mirror nor on the network."""


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
        if _tree_digest(root) != (root / _DIGEST_FILE).read_text(encoding="utf-8"):
            raise DigestError(f"{root}: somebody changed the cache; run make clean")
        _warn_of_stand_ins(lock, root, notify)
        return Sources(root=root, origin=Origin.UPSTREAM, digest=lock.digest)
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
        _link_trees(lock, trees, unfinished)
        digest = _tree_digest(unfinished)
        (unfinished / _DIGEST_FILE).write_text(digest, encoding="utf-8")
    _warn_of_stand_ins(lock, root, notify)
    return Sources(root=root, origin=Origin.UPSTREAM, digest=lock.digest)


def _warn_of_stand_ins(lock: UpstreamLock, root: Path, notify: Notify) -> None:
    for name, source in lock.sources.items():
        for script in source.scripts:
            file = root / name / script
            if (
                file.is_file()
                and f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}" in source.stand_ins
            ):
                notify(
                    f"WARNING: the mirror holds a stand-in for {name}/{script}, which does "
                    "nothing, so with artifacts: in-cluster no profile could run pipelines. Before "
                    "you deploy that, put an archive of the whole source into the mirror, or none, "
                    "and run make clean."
                )


def _verified_tree(name: str, source: Source, options: SourceOptions, notify: Notify) -> Path:
    tree = source_tree(name, source, options.cache)
    if tree.is_dir():
        files = [(str(f.relative_to(tree)), f.read_bytes()) for f in tree.rglob("*") if f.is_file()]
        verify_digest(name, source, source.digest_of(files), f"the cache, {tree} (make clean),")
        return tree
    with appears_whole(tree) as unfinished:
        if options.offline and not mirrored(source, options.mirror):
            raise NotAvailableError(
                f"upstream source {name} is in no mirror, and upstream.offline forbids the network"
            )
        found = read_source(
            name, source, unfinished, mirror=options.mirror, notify=notify, helm=options.helm
        )
        verify_digest(name, source, found, str(mirrored(source, options.mirror) or source.address))
    return tree


def read_source(
    name: str, source: Source, target: Path, *, mirror: Path | None, notify: Notify, helm: Path
) -> str:
    """Write the files in use below the target, from the mirror or the network.

    Returns:
        The digest found.

    Raises:
        NotAvailableError: The source is in neither.
        UserError: The archive is damaged.
    """
    archive = mirrored(source, mirror)
    if archive:
        return _extract(archive, source, target)
    notify(f"fetching {name} {source.version}")
    with from_network(name, source, helm) as download:
        return _extract(download, source, target)


@contextmanager
def from_network(name: str, source: Source, helm: Path) -> Iterator[Path]:
    """The archive of a source, fetched; it goes when the context ends.

    Raises:
        NotAvailableError: The network has no such archive.
    """
    bring = _pulled if source.address.startswith("oci://") else _downloaded
    with bring(name, source.address, helm) as archive:
        yield archive


def verify_digest(name: str, source: Source, found: str, origin: str) -> None:
    """Refuse content that is not what the lock file pins.

    Raises:
        DigestError: The digests differ; the text names both, and the origin.
    """
    if found != source.digest:
        raise DigestError(
            f"upstream source {name} {source.version} from {origin} is not the pinned one:\n"
            f"  pinned {source.digest}\n  found  {found}\n"
            "Get the archive of the pinned commit, or pin the new content in "
            "manifests/upstream.lock.yaml after reading what changed."
        )


@contextmanager
def _pulled(name: str, url: str, helm: Path) -> Iterator[Path]:
    """A chart from an OCI registry, which has no URL that could be downloaded."""
    chart, _, version = url.rpartition(":")
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as folder:
        command = [str(helm), "pull", chart, f"--version={version}", f"--destination={folder}"]
        try:
            subprocess.run(  # noqa: S603
                command, check=True, capture_output=True, text=True, timeout=NETWORK_TIMEOUT_SECONDS
            )
        except subprocess.CalledProcessError as error:
            raise _not_to_be_had(name, error.stderr.strip()) from None
        except (OSError, subprocess.TimeoutExpired) as error:
            raise _not_to_be_had(name, str(error)) from None
        [archive] = Path(folder).iterdir()
        yield archive


def _not_to_be_had(name: str, reason: str) -> NotAvailableError:
    return NotAvailableError(
        f"upstream source {name} is in no mirror and cannot be fetched ({reason}); "
        "name a mirror under upstream.mirror or KUBEFLOW_UPSTREAM_MIRROR (README)"
    )


@contextmanager
def _downloaded(name: str, url: str, helm: Path) -> Iterator[Path]:
    del helm
    with tempfile.NamedTemporaryFile(suffix=".tar.gz") as file:
        try:
            with urllib.request.urlopen(url, timeout=NETWORK_TIMEOUT_SECONDS) as response:  # noqa: S310  # the lock file's own URL
                shutil.copyfileobj(response, file)
        except (urllib.error.URLError, OSError) as error:
            raise _not_to_be_had(name, str(error)) from None
        file.flush()
        yield Path(file.name)


def _extract(archive: Path, source: Source, target: Path) -> str:
    """Write the files in use below the target, without the archive's top folder."""
    files: list[tuple[str, bytes]] = []
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                path = member.name.partition("/")[2]
                content = tar.extractfile(member) if member.isfile() else None
                if content and source.uses(path) and ".." not in Path(path).parts:
                    files.append((path, content.read()))
    except (tarfile.TarError, OSError, EOFError) as error:
        raise UserError(f"{archive}: is no source archive: {error}") from None
    for path, data in files:
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    return source.digest_of(files)


def _link_trees(lock: UpstreamLock, trees: dict[str, Path], root: Path) -> None:
    """Put the sources side by side and point remote references at the neighbours."""
    local = {
        reference.url: f"{name}/{reference.path}"
        for name, source in lock.sources.items()
        for reference in source.replaces
    }
    for name, tree in trees.items():
        shutil.copytree(tree, root / name)
    for file in root.rglob("kustomization.yaml"):
        text = file.read_text(encoding="utf-8")
        if "://" not in text and "github.com" not in text:
            continue
        up = "../" * (len(file.relative_to(root).parts) - 1)
        lines = [_rewritten(line, local, up) for line in text.splitlines(keepends=True)]
        file.write_text("".join(lines), encoding="utf-8")


def _rewritten(line: str, local: dict[str, str], up: str) -> str:
    reference = line.strip().removeprefix("- ")
    path = local.get(reference) or local.get(f"https://{reference}")
    return line.replace(reference, up + path) if path else line


def _tree_digest(root: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(root.rglob("*")):
        if file.is_file() and file.name != _DIGEST_FILE:
            total.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return total.hexdigest()
