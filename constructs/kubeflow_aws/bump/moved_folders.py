"""Where upstream may have moved a folder to, by what was in it and how it was called."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from kubeflow_aws.bump.kustomizations import entries_of
from kubeflow_aws.upstream.linking import KUSTOMIZATIONS

MOST: Final = 3
"""Proposals for a folder."""

LEAST_LIKENESS: Final = 0.5
"""Of 4, for folders that share an object; the others that look alike are of other projects."""

LEAST_LIKENESS_OF_PATHS: Final = 1.0
"""Of 2, where all objects got other names and the paths have to do."""

_WORD: Final = re.compile(r"[a-z0-9]+")
_DOCUMENTS: Final = re.compile(r"^---", re.MULTILINE)
_KIND: Final = re.compile(r"^kind: *[\"']?(\w+)", re.MULTILINE)
_NAME: Final = re.compile(r"^  name: *[\"']?([\w.-]+)", re.MULTILINE)


def proposals(paths: Iterable[str], before: Path, after: Path) -> dict[str, list[str]]:
    """Folders that may be what each folder became, the likeliest first.

    They are told by the objects that their kustomizations load, and by the parts of their paths,
    above all the last ones. A person decides.

    Args:
        paths: Folders that are gone, with their source's name before them.
        before: The tree of the old sources.
        after: The tree of the new sources.
    """
    reader = _Reader()
    found: dict[str, list[str]] = {}
    for path in paths:
        source, _, inside = path.partition("/")
        known = reader.objects_below(before / path)
        objects = {
            folder: reader.objects_below(after / source / folder)
            for folder in reader.kustomized(after / source)
        }
        weights = reader.weights(after / source)
        sharing = {folder for folder, there in objects.items() if known & there}
        likeness = {
            folder: 2 * _shared(known, objects[folder], weights)
            + _shared(
                _words(inside), _words(folder), dict.fromkeys(_words(f"{inside}/{folder}"), 1)
            )
            + _tail(inside, folder)
            for folder in sharing or objects
        }
        least = LEAST_LIKENESS if sharing else LEAST_LIKENESS_OF_PATHS
        likely = sorted(likeness, key=lambda each: (-likeness[each], each))
        found[path] = [f"{source}/{each}" for each in likely[:MOST] if likeness[each] >= least]
    return found


class _Reader:
    """Reads by eye rather than renders: there are hundreds of folders, and likeness is enough."""

    def __init__(self) -> None:
        self._objects: dict[Path, frozenset[str]] = {}
        self._entries: dict[Path, list[Path]] = {}
        self._kustomized: dict[Path, list[str]] = {}

    def kustomized(self, root: Path) -> list[str]:
        """The folders of a source that have a kustomization."""
        if root not in self._kustomized:
            self._kustomized[root] = [
                file.parent.relative_to(root).as_posix()
                for name in KUSTOMIZATIONS
                for file in root.rglob(name)
            ]
        return self._kustomized[root]

    def weights(self, root: Path) -> dict[str, float]:
        """What each object tells: little where many files have its name, as "manager-role"."""
        files = [
            self._objects[file] for file in self._objects if file.is_relative_to(root.resolve())
        ]
        counts = Counter(each for objects in files for each in objects)
        return {each: 1 / count for each, count in counts.items()}

    def objects_below(self, folder: Path) -> set[str]:
        """Kind and name of what a folder's kustomization loads, itself and from others."""
        found: set[str] = set()
        pending, seen = [folder.resolve()], set()
        while pending:
            place = pending.pop()
            if place not in seen:
                seen.add(place)
                if place.is_file():
                    found |= self._objects_in(place)
                pending += self._loaded_by(place)
        return found

    def _loaded_by(self, folder: Path) -> list[Path]:
        if folder not in self._entries:
            self._entries[folder] = [
                (folder / entry).resolve()
                for name in KUSTOMIZATIONS
                if (folder / name).is_file()
                for entry in entries_of(folder / name)
            ]
        return self._entries[folder]

    def _objects_in(self, file: Path) -> frozenset[str]:
        if file not in self._objects:
            text = file.read_text(encoding="utf-8", errors="replace")
            self._objects[file] = frozenset(
                f"{kind[1]} {name[1]}"
                for document in _DOCUMENTS.split(text)
                if (kind := _KIND.search(document)) and (name := _NAME.search(document))
            )
        return self._objects[file]


def _shared(one: set[str], other: set[str], weights: Mapping[str, float]) -> float:
    both, either = (
        sum(weights.get(each, 0) for each in some) for some in (one & other, one | other)
    )
    return both / either if either else 0.0


def _words(path: str) -> set[str]:
    return set(_WORD.findall(path))


def _tail(one: str, other: str) -> float:
    parts, others = one.split("/")[::-1], other.split("/")[::-1]
    same = 0
    while same < min(len(parts), len(others)) and parts[same] == others[same]:
        same += 1
    return same / len(parts)
