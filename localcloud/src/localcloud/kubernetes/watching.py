"""Watches: the events that a client of one kind is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from localcloud.kubernetes.objects import Change
from localcloud.kubernetes.requests import ResourceRequest
from localcloud.kubernetes.selectors import matches
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.store import Store, as_version
from localcloud.kubernetes.trees import Tree

_INITIAL_EVENTS_END: Final = {"k8s.io/initial-events-end": "true"}


class Watch:
    """One client's watch.

    Args:
        store: What is watched.
        request: What is asked for.

    Raises:
        ApiError: If the kind does not exist, or the revision to begin with is too old.
    """

    def __init__(self, store: Store, request: ResourceRequest) -> None:
        self._objects = store.objects
        self._namespace = request.namespace
        self._labels = request.query.get("labelSelector", "")
        self._fields = request.query.get("fieldSelector", "")
        self._is_list = request.query.get("sendInitialEvents") == "true"
        self._initial: list[Tree] = []
        with store.objects.changed:
            self._kind = store.kinds.find(request.group, request.version, request.plural)
            self._revision = int(request.query.get("resourceVersion") or 0)
            if self._is_list or not self._revision:
                self._initial, self._revision = store.listed(
                    self._kind, request.namespace, labels=self._labels, fields=self._fields
                )
            else:
                store.objects.changes_since(self._revision)

    def events(self, seconds: float, stopping: Callable[[], bool]) -> Iterator[Tree]:
        """The events until the time is over, or the server stops and notifies of a change."""
        yield from ({"type": "ADDED", "object": item} for item in self._initial)
        if self._is_list:
            yield self._bookmark()
        deadline = time.monotonic() + seconds
        while True:
            with self._objects.changed:
                self._objects.changed.wait_for(
                    lambda: stopping() or self._objects.revision != self._revision,
                    deadline - time.monotonic(),
                )
                if stopping() or time.monotonic() >= deadline:
                    return
                try:
                    changes, self._revision = self._objects.changes_since(self._revision)
                except ApiError as error:
                    yield {"type": "ERROR", "object": error.status}
                    return
            yield from filter(None, map(self._told, changes))

    def _told(self, change: Change) -> Tree | None:
        """What a change means to this client: what leaves its selection is deleted for it."""
        was, is_now = (self._selects(change, item) for item in (change.before, change.after))
        if not was and not is_now:
            return None
        kind = "MODIFIED" if was and is_now else "ADDED" if is_now else "DELETED"
        return {"type": kind, "object": as_version(self._kind, change.last)}

    def _selects(self, change: Change, item: Mapping[str, Any] | None) -> bool:
        return (
            item is not None
            and change.key[:2] == self._kind.key
            and self._namespace in {"", change.key.namespace}
            and matches(item, self._labels, self._fields)
        )

    def _bookmark(self) -> Tree:
        metadata = {
            "resourceVersion": str(self._revision),
            "annotations": _INITIAL_EVENTS_END,
        }
        return {"type": "BOOKMARK", "object": as_version(self._kind, {"metadata": metadata})}
