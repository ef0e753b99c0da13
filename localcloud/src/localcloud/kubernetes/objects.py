"""The objects of one cluster in memory, and the log of their changes for watches."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.trees import Tree

_CHANGES_KEPT: Final = 5000


class Key(NamedTuple):
    """What identifies an object in all API versions of its kind."""

    group: str
    plural: str
    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """Something that a watch tells.

    Attributes:
        revision: Its number among all changes of the cluster.
        key: Whose.
        before: The object before it; None if it was made.
        after: The object after it; None if it went.
        last: The object as it is or was last, with the change's revision.
    """

    revision: int
    key: Key
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    last: Mapping[str, Any]


class Objects:
    """Objects by their keys. What is in here is never changed in place, but replaced.

    Attributes:
        changed: Notified of every change; its lock guards everything.
        applied: What was applied last of an object, by its key.
        revision: The number of the last change.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.applied: dict[Key, Tree] = {}
        self.revision = 0
        self._objects: dict[Key, Tree] = {}
        self._changes: list[Change] = []

    def find(self, key: Key) -> Tree | None:
        """An object; None if there is none."""
        return self._objects.get(key)

    def of_kind(self, kind: tuple[str, str]) -> Iterator[tuple[Key, Tree]]:
        """All objects of a kind, given as group and plural, by namespace and name."""
        keys = sorted(key for key in self._objects if key[:2] == kind)
        yield from ((key, self._objects[key]) for key in keys)

    def in_namespace(self, name: str) -> list[Key]:
        """What a namespace holds."""
        return [key for key in self._objects if key.namespace == name]

    def put(self, key: Key, item: Tree) -> Tree:
        """Add or replace an object; returns it with its resource version."""
        item = {**item, "metadata": {**item["metadata"]}}
        before = self.find(key)
        self._objects[key] = item
        self._record(key, before, item, item)
        return item

    def remove(self, key: Key) -> None:
        """Remove an object that exists."""
        self.applied.pop(key, None)
        before = self._objects.pop(key)
        self._record(key, before, None, {**before, "metadata": {**before["metadata"]}})

    def changes_since(self, revision: int) -> tuple[list[Change], int]:
        """What happened after a revision, and the revision of now. Call it with `changed` held.

        Raises:
            ApiError: If that is too long ago.
        """
        first = self._changes[0].revision if self._changes else 1
        if revision < first - 1:
            raise ApiError(410, "Expired", f"too old resource version: {revision} ({first})")
        return self._changes[revision - first + 1 :], self.revision

    def _record(
        self,
        key: Key,
        before: Mapping[str, Any] | None,
        after: Mapping[str, Any] | None,
        last: Tree,
    ) -> None:
        self.revision += 1
        last["metadata"]["resourceVersion"] = str(self.revision)
        self._changes.append(
            Change(revision=self.revision, key=key, before=before, after=after, last=last)
        )
        if len(self._changes) >= 2 * _CHANGES_KEPT:
            del self._changes[:-_CHANGES_KEPT]
        self.changed.notify_all()


def timestamp() -> str:
    """The time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
