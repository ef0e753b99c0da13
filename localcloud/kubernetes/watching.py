"""Watches: the events that a client of one kind is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from localcloud.kubernetes.handlers import shaped
from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.objects import Change
from localcloud.kubernetes.requests import ResourceRequest
from localcloud.kubernetes.selectors import matches
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.store import Store, as_version
from localcloud.kubernetes.trees import Tree

_POLL_SECONDS: Final = 0.5
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
        self._store = store
        self._request = request
        self._labels = request.query.get("labelSelector", "")
        self._fields = request.query.get("fieldSelector", "")
        if request.name:
            self._fields = f"metadata.name={request.name}"
        self._initial: list[Tree] = []
        with store.objects.changed:
            self._kind = store.kinds.find(request.group, request.version, request.plural)
            self._revision = int(request.query.get("resourceVersion") or 0)
            self._with_initial = (
                request.query.get("sendInitialEvents") == "true" or not self._revision
            )
            if self._with_initial:
                self._initial, self._revision = store.listed(
                    self._kind, request.namespace, labels=self._labels, fields=self._fields
                )
            else:
                store.objects.changes_since(self._revision)

    def events(self, seconds: float, stopping: Callable[[], bool]) -> Iterator[Tree]:
        """The events, until the time is over, or the server stops; one that is quiet gives none."""
        yield from (self._event("ADDED", item) for item in self._initial)
        self._initial = []
        if self._request.query.get("sendInitialEvents") == "true":
            yield self._bookmark()
        objects = self._store.objects
        waited = 0.0
        while waited < seconds and not stopping():
            with objects.changed:
                if objects.revision == self._revision and not objects.changed.wait(_POLL_SECONDS):
                    waited += _POLL_SECONDS
                try:
                    changes, self._revision = objects.changes_since(self._revision)
                except ApiError as error:
                    yield {"type": "ERROR", "object": error.status}
                    return
            for change in changes:
                event = self._told(change)
                if event:
                    yield event

    def _told(self, change: Change) -> Tree | None:
        """What a change means to this client: what leaves its selection is deleted for it."""
        if change.key[:2] != self._kind.key or self._request.namespace not in {
            "",
            change.key.namespace,
        }:
            return None
        was, is_now = self._selects(change.before), self._selects(change.after)
        if not was and not is_now:
            return None
        kind = "MODIFIED" if was and is_now else "ADDED" if is_now else "DELETED"
        return self._event(kind, as_version(self._kind, change.last))

    def _selects(self, item: Mapping[str, Any] | None) -> bool:
        return item is not None and matches(item, self._labels, self._fields)

    def _event(self, kind: str, item: Mapping[str, Any]) -> Tree:
        return {"type": kind, "object": shaped(self._store, self._kind, self._request, item)}

    def _bookmark(self) -> Tree:
        kind: Kind = self._kind
        metadata = {
            "name": "",
            "resourceVersion": str(self._revision),
            "annotations": _INITIAL_EVENTS_END,
        }
        item = {"kind": kind.kind, "apiVersion": kind.api_version, "metadata": metadata}
        if self._request.shape == "Table":
            item = {**self._event("", item)["object"], "rows": []}
            item["metadata"] = metadata
        return {"type": "BOOKMARK", "object": item}
