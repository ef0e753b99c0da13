"""Plays the namespace controller and the garbage collector, over the API."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from operator import ne
from typing import Any, Final

from localcloud.kubernetes.client import Client, ClientError

# Without owners and finalizers of ours, and many, or about to go with what they belong to.
_NOT_COLLECTED: Final = frozenset({"events", "leases"})
_ALL_SECONDS: Final = 2.0
_FOREGROUND: Final = "foregroundDeletion"
_ORPHAN: Final = "orphan"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Resource:
    base: str
    plural: str
    kind: str
    namespaced: bool

    @property
    def collection(self) -> str:
        return f"{self.base}/{self.plural}"

    def path(self, namespace: str, name: str) -> str:
        inside = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{self.base}{inside}/{self.plural}/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    resource: _Resource
    metadata: Mapping[str, Any]

    @property
    def path(self) -> str:
        return self.resource.path(self.metadata.get("namespace", ""), self.metadata["name"])

    @property
    def is_terminating(self) -> bool:
        return "deletionTimestamp" in self.metadata

    @property
    def owners(self) -> list[dict[str, Any]]:
        return list(self.metadata.get("ownerReferences") or [])


class Collector:
    """Empties namespaces that are deleted, and deletes what has lost its owners.

    Args:
        client: Of the API.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._last = 0.0

    def collect(self) -> None:
        """Look at everything, if a namespace is to be emptied or it was not done lately.

        Raises:
            ClientError: If the API does not answer.
        """
        namespaces = self._client.items("/api/v1/namespaces")
        terminating = [item for item in namespaces if "deletionTimestamp" in item["metadata"]]
        if not terminating and time.monotonic() < self._last + _ALL_SECONDS:
            return
        found = list(self._everything())
        for namespace in terminating:
            self._empty(namespace, found)
        self._collect(found)
        self._last = time.monotonic()

    def _everything(self) -> Iterator[_Found]:
        for versions in self._resources().values():
            for resource in versions:
                try:
                    items = self._client.metadata_items(resource.collection)
                except ClientError as error:
                    # A CRD went meanwhile; or objects are stored in another version, and the
                    # webhook that would convert them does not run.
                    if error.code not in {404, 500, 503}:
                        raise
                    continue
                for item in items:
                    yield _Found(resource=resource, metadata=item["metadata"])
                break

    def _resources(self) -> dict[tuple[str, str], list[_Resource]]:
        """What can be collected, by group and kind: in all its versions, the best first."""
        bases = [("", "/api/v1")]
        for group in self._client.get("/apis")["groups"]:
            preferred = (group.get("preferredVersion") or group["versions"][0])["groupVersion"]
            versions = [entry["groupVersion"] for entry in group["versions"]]
            versions.sort(key=partial(ne, preferred))
            bases += [(group["name"], f"/apis/{version}") for version in versions]
        resources: dict[tuple[str, str], list[_Resource]] = {}
        for group, base in bases:
            for entry in self._client.get(base)["resources"]:
                if (
                    {"delete", "list"} <= set(entry["verbs"])
                    and "/" not in entry["name"]
                    and entry["name"] not in _NOT_COLLECTED
                ):
                    resource = _Resource(
                        base=base,
                        plural=entry["name"],
                        kind=entry["kind"],
                        namespaced=entry["namespaced"],
                    )
                    resources.setdefault((group, entry["kind"]), []).append(resource)
        return resources

    def _empty(self, namespace: Mapping[str, Any], found: Iterable[_Found]) -> None:
        """Delete what is in a namespace, and let it go when nothing is left."""
        name = namespace["metadata"]["name"]
        content = [
            item
            for item in found
            if item.resource.namespaced and item.metadata.get("namespace") == name
        ]
        for item in content:
            if not item.is_terminating:
                _attempt(self._client.delete, item.path, item.metadata["uid"])
        if not content:
            freed = {**namespace, "spec": {"finalizers": []}}
            _attempt(self._client.put, f"/api/v1/namespaces/{name}/finalize", freed)

    def _collect(self, found: list[_Found]) -> None:
        uids = {item.metadata["uid"] for item in found}
        owned: dict[str, list[_Found]] = {}
        for item in found:
            for owner in item.owners:
                owned.setdefault(owner["uid"], []).append(item)
        for item in found:
            finalizers = item.metadata.get("finalizers") or []
            dependents = owned.get(item.metadata["uid"], [])
            if item.is_terminating and _ORPHAN in finalizers:
                for dependent in dependents:
                    self._disown(dependent, item.metadata["uid"])
                self._release(item, _ORPHAN)
            elif item.is_terminating and _FOREGROUND in finalizers:
                self._delete(dependents)
                if not dependents:
                    self._release(item, _FOREGROUND)
            elif item.owners and not any(self._exists(o, item, uids) for o in item.owners):
                self._delete([item])

    def _exists(self, owner: Mapping[str, Any], item: _Found, uids: set[str]) -> bool:
        if owner["uid"] in uids:
            return True
        # It may be younger than the list that it is missing from: ask for it itself.
        group = owner["apiVersion"].rpartition("/")[0]
        versions = self._resources().get((group, owner["kind"]))
        if not versions:
            return False
        try:
            path = versions[0].path(item.metadata.get("namespace", ""), owner["name"])
            return bool(self._client.get(path)["metadata"]["uid"] == owner["uid"])
        except ClientError as error:
            if error.code != 404:
                raise
            return False

    def _delete(self, items: Iterable[_Found]) -> None:
        for item in items:
            if not item.is_terminating:
                _attempt(self._client.delete, item.path, item.metadata["uid"])

    def _disown(self, item: _Found, owner: str) -> None:
        left = [entry for entry in item.owners if entry["uid"] != owner]
        _attempt(self._client.merge, item.path, {"metadata": {"ownerReferences": left or None}})

    def _release(self, item: _Found, finalizer: str) -> None:
        left = [name for name in item.metadata["finalizers"] if name != finalizer]
        _attempt(self._client.merge, item.path, {"metadata": {"finalizers": left or None}})


def _attempt(action: Any, *arguments: object) -> None:
    """Do something to an object that may have gone or changed meanwhile: the next round sees."""
    try:
        action(*arguments)
    except ClientError as error:
        if error.code not in {404, 409}:
            raise
