"""Moves sources along that the new trees name in other versions, until every one fits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kubeflow_aws.bump.kustomizations import Entry, Walked, remote_entries, walk
from kubeflow_aws.bump.lock_edits import Move
from kubeflow_aws.bump.references import (
    GitHubReference,
    parse_reference,
    repository_of,
    with_scheme,
)
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.upstream.lock import RemoteReference, UpstreamLock, load_lock
from kubeflow_aws.upstream.lock_text import write_source
from kubeflow_aws.upstream.sources import Sources

Fetch = Callable[[UpstreamLock], Sources]
"""Brings the sources of a lock file, side by side."""

Pin = Callable[[Move], None]
"""Writes another version of a source into the lock file that is followed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Unknown:
    """A reference over the network that the lock file knows nothing of.

    Attributes:
        entry: Where it stands.
        why: What is wrong, in one sentence.
        add: Lines for the lock file that mend it.
    """

    entry: Entry
    why: str
    add: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Followed:
    """What the sources of a lock file lead to.

    Attributes:
        sources: All of them, side by side.
        named: By source that moved along, the kustomization that names its new version.
        missing: Entries of our overlays that are not in the new sources.
        unknown: References that nothing in the lock file replaces.
    """

    sources: Sources
    named: Mapping[str, str]
    missing: Sequence[Entry]
    unknown: Sequence[Unknown]


def follow(
    file: Path, components: Sequence[Component], *, chosen: frozenset[str], fetch: Fetch, pin: Pin
) -> Followed:
    """Move the sources that the components' kustomizations name, and look again in what came.

    Args:
        file: The lock file; it is written.
        components: Where to begin.
        chosen: Sources that somebody moved on purpose: they stay, whatever is named.
        fetch: Brings the sources.
        pin: Moves one.

    Raises:
        UserError: A version that is named cannot be had, or a folder of the lock file is gone.
    """
    named: dict[str, str] = {}
    while True:
        sources = fetch(load_lock(file))
        found = walk(components, sources.root)
        step = _Step(file=file, chosen=chosen, named=named, pin=pin)
        for entry in _one_each(found.remote):
            step.follow(entry)
        if not step.moved:
            for entry in _of_unreached(found, sources, load_lock(file)):
                step.follow(entry)
        if not step.moved:
            return Followed(
                sources=sources, named=named, missing=found.missing, unknown=step.unknown
            )


def _one_each(entries: Sequence[Entry]) -> list[Entry]:
    return list({with_scheme(entry.text): entry for entry in reversed(entries)}.values())[::-1]


def _of_unreached(found: Walked, sources: Sources, lock: UpstreamLock) -> list[Entry]:
    """References to sources that are pinned for overlays which no component uses.

    Where they name several versions, nobody knows which, and the source stays.
    """
    entries: dict[str, dict[str, list[Entry]]] = {}
    for entry in _one_each(remote_entries(sources.root)):
        reference = parse_reference(entry.text)
        name = _source_of(reference, lock)
        if name and reference and name not in found.sources:
            index = _index(reference, lock.sources[name].replaces)
            if index is not None:
                versions = entries.setdefault(name, {})
                versions.setdefault(reference.version, []).append(entry)
    return [
        entry
        for versions in entries.values()
        if len(versions) == 1
        for several in versions.values()
        for entry in several
    ]


@dataclass(kw_only=True, slots=True)
class _Step:
    file: Path
    chosen: frozenset[str]
    named: dict[str, str]
    pin: Pin
    moved: bool = False
    unknown: list[Unknown] = field(default_factory=list)

    def follow(self, entry: Entry) -> None:
        url = with_scheme(entry.text)
        reference = parse_reference(url)
        lock = load_lock(self.file)
        name = _source_of(reference, lock)
        if reference is None or name is None:
            self._unknown(entry, "no source is the archive of its repository", _new(reference, url))
            return
        source = lock.sources[name]
        index = _index(reference, source.replaces)
        if index is None:
            self._unknown(
                entry,
                f"{name} replaces no such reference",
                [f"{name}:", "  replaces:", *_replacing(reference, url)],
            )
            return
        if source.replaces[index].url == url:
            self._unknown(entry, "it stands in a form that linking does not know", [])
            return
        if reference.version != source.version and name not in self.chosen:
            if name in self.named:
                why = f"{self.named[name]} names {name} {source.version}; say {name}=VERSION in TO"
                self._unknown(entry, why, [])
                return
            self.pin(Move(name=name, version=reference.version))
            self.named[name] = entry.file
            source = load_lock(self.file).sources[name]
        replaces = list(source.replaces)
        replaces[index] = replaces[index].model_copy(update={"url": url})
        write_source(self.file, name, source.model_copy(update={"replaces": tuple(replaces)}))
        self.moved = True

    def _unknown(self, entry: Entry, why: str, add: Sequence[str]) -> None:
        self.unknown.append(Unknown(entry=entry, why=why, add=add))


def _source_of(reference: GitHubReference | None, lock: UpstreamLock) -> str | None:
    for name, source in lock.sources.items():
        repository = repository_of(source)
        if reference and repository and repository.lower() == reference.repository.lower():
            return name
    return None


def _index(reference: GitHubReference, replaces: Sequence[RemoteReference]) -> int | None:
    for index, each in enumerate(replaces):
        other = parse_reference(each.url)
        if other and reference.is_another_version_of(other):
            return index
    return None


def _new(reference: GitHubReference | None, url: str) -> list[str]:
    if reference is None:
        return []
    name = reference.repository.rpartition("/")[2]
    first = reference.path.partition("/")[0] if reference.is_folder else "FOLDER"
    return [
        f"{name}:",
        f"  version: {reference.version or 'TAG'}",
        "  commit: COMMIT",
        f"  url: https://github.com/{reference.repository}/archive/{{commit}}.tar.gz",
        f"  archive: {name}-{reference.version or 'TAG'}.tar.gz",
        f"  paths: [{first}]",
        f"  digest: sha256:{'0' * 64}  # then ./kubeflow-aws lock-upstream",
        "  replaces:",
        *_replacing(reference, url),
    ]


def _replacing(reference: GitHubReference, url: str) -> list[str]:
    path = reference.path if reference.is_folder else "FOLDER"
    return [f"    - url: {url}", f"      path: {path}"]
