"""Which kustomizations the components' overlays reach, ours and upstream's."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

import yaml

from kubeflow_aws.bump.references import is_remote
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.upstream.linking import KUSTOMIZATIONS

LOADING: Final = ("resources", "components", "bases")
"""Fields of a kustomization whose entries are folders, files or URLs that it loads."""

UPSTREAM: Final = "upstream"
"""The folder beside `components` in which a render finds the sources."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """An entry of a kustomization.

    Attributes:
        component: The component whose overlay reaches it.
        file: The kustomization, from the folder that holds `components` and `upstream`.
        text: The entry as it stands there.
        path: Where it leads, from the same folder; the text itself if that is a URL.
    """

    component: str
    file: str
    text: str
    path: str

    @property
    def in_upstream(self) -> str:
        """The name of a source and a path inside it; empty if it leads elsewhere."""
        first, _, rest = self.path.partition("/")
        return rest if first == UPSTREAM else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Walked:
    """What a walk found.

    Attributes:
        remote: Entries that would be loaded over the network.
        missing: Entries of our own overlays that name what the sources do not have.
        sources: Names of the sources that it came to.
    """

    remote: list[Entry] = field(default_factory=list)
    missing: list[Entry] = field(default_factory=list)
    sources: set[str] = field(default_factory=set)


def walk(components: Iterable[Component], sources: Path) -> Walked:
    """Follow the overlays of components, all variants, through our kustomizations and upstream's.

    Args:
        components: The components.
        sources: The tree of all sources.
    """
    walked = Walked()
    for component in components:
        if component.chart:
            continue
        pending = [
            (PurePosixPath("components") / component.name / component.overlay(variant)).as_posix()
            for variant in component.variants or (None,)
        ]
        seen: set[str] = set()
        while pending:
            folder = pending.pop()
            if folder not in seen:
                seen.add(folder)
                pending += _folders_of(folder, component, sources, walked)
    return walked


def remote_entries(sources: Path) -> list[Entry]:
    """All entries of upstream's kustomizations that would be loaded over the network.

    Whether any overlay reaches them or not.
    """
    return [
        Entry(component="", file=f"{UPSTREAM}/{file.relative_to(sources)}", text=text, path=text)
        for name in KUSTOMIZATIONS
        for file in sorted(sources.rglob(name))
        for text in entries_of(file)
        if is_remote(text)
    ]


def _folders_of(folder: str, component: Component, sources: Path, walked: Walked) -> Iterator[str]:
    for file in KUSTOMIZATIONS:
        real = _real(f"{folder}/{file}", component, sources)
        for text in entries_of(real) if real.is_file() else ():
            path = text if is_remote(text) else posixpath.normpath(f"{folder}/{text}")
            entry = Entry(component=component.name, file=f"{folder}/{file}", text=text, path=path)
            if is_remote(text):
                _add(walked.remote, entry)
                continue
            target = _real(path, component, sources)
            walked.sources.add(entry.in_upstream.partition("/")[0])
            if target.is_dir():
                yield path
            elif entry.in_upstream and folder.startswith("components/") and not target.exists():
                _add(walked.missing, entry)


def _add(entries: list[Entry], entry: Entry) -> None:
    if entry not in entries:
        entries.append(entry)


def _real(path: str, component: Component, sources: Path) -> Path:
    first, _, rest = path.partition("/")
    return sources / rest if first == UPSTREAM else component.folder.parent / rest


def entries_of(kustomization: Path) -> list[str]:
    """What a kustomization loads; nothing if it is no YAML, which a render says better."""
    content = read_kustomization(kustomization)
    return [
        entry
        for name in LOADING
        if isinstance(entries := content.get(name), list)
        for entry in entries
        if isinstance(entry, str)
    ]


def read_kustomization(file: Path) -> dict[str, object]:
    """The fields of a kustomization; none if it is no YAML, which a render says better."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return {}
    return content if isinstance(content, dict) else {}
