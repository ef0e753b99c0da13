"""What may be done to the objects of an in-process Kubernetes API.

Objects are kept as they are given: nothing is validated, completed or converted, and nothing is
deleted because its owner is. All that is asked of a real control plane.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes import merging
from localcloud.kubernetes.kinds import CRDS, NAMESPACES, Kind, Kinds
from localcloud.kubernetes.objects import Key, Objects, timestamp
from localcloud.kubernetes.selectors import matches
from localcloud.kubernetes.status import ApiError, bad_request, conflict, not_found
from localcloud.kubernetes.trees import Tree, copied

_SYSTEM_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
_SERVER_METADATA: Final = (
    "creationTimestamp",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
_MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)


class Store:
    """All objects of one cluster; its methods are safe for threads.

    Attributes:
        kinds: What can be stored.
        objects: What is stored.
    """

    def __init__(self) -> None:
        self.kinds = Kinds()
        self.objects = Objects()
        namespaces = self.kinds.find("", "v1", "namespaces")
        for name in _SYSTEM_NAMESPACES:
            self.create(namespaces, "", {"metadata": {"name": name}})

    def get(self, kind: Kind, namespace: str, name: str) -> Tree:
        """A copy of an object.

        Raises:
            ApiError: If it does not exist.
        """
        with self.objects.changed:
            item = self.objects.find(Key(*kind.key, namespace, name))
            if item is None:
                raise not_found(kind.resource, name)
            return as_version(kind, copied(item))

    def listed(
        self, kind: Kind, namespace: str, *, labels: str = "", fields: str = ""
    ) -> tuple[list[Tree], int]:
        """The objects of a kind in a namespace, or in all, and the revision that they are of.

        They share their content with the store: read them only.
        """
        with self.objects.changed:
            items = [
                as_version(kind, item)
                for key, item in self.objects.of_kind(kind.key)
                if namespace in {"", key.namespace} and matches(item, labels, fields)
            ]
            return items, self.objects.revision

    def create(self, kind: Kind, namespace: str, item: Mapping[str, Any]) -> Tree:
        """Create an object.

        Raises:
            ApiError: If there is one, or its namespace is missing or on its way out.
        """
        with self.objects.changed:
            key = Key(*kind.key, namespace, str(item.get("metadata", {}).get("name", "")))
            if not key.name:
                raise bad_request(f"{kind.resource}: metadata.name is missing")
            if self.objects.find(key) is not None:
                text = f'{kind.resource} "{key.name}" already exists'
                raise ApiError(409, "AlreadyExists", text)
            self._check_namespace(namespace)
            new = _of_kind(kind, namespace, item)
            for field in _SERVER_METADATA:
                new["metadata"].pop(field, None)
            if kind.has_status:
                new.pop("status", None)
            new["metadata"] |= {
                "uid": str(uuid.uuid4()),
                "creationTimestamp": timestamp(),
                "generation": 1,
            }
            return as_version(kind, copied(self._put(key, new)))

    def apply(
        self, kind: Kind, namespace: str, name: str, item: Mapping[str, Any]
    ) -> tuple[Tree, bool]:
        """Make what was applied before into what is applied now; returns whether it is new.

        There is one who applies: field managers are asked of a real control plane.

        Raises:
            ApiError: As for `create` and `replace`.
        """
        with self.objects.changed:
            key = Key(*kind.key, namespace, name)
            live = self.objects.find(key)
            wanted = _of_kind(kind, namespace, item)
            if kind.has_status:
                wanted.pop("status", None)
            if live is None:
                done = self.create(kind, namespace, wanted)
            else:
                merged = merging.apply(live, self.objects.applied.get(key, {}), wanted)
                done = self.replace(kind, namespace, name, merged)
            self.objects.applied[key] = wanted
            return done, live is None

    def replace(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        item: Mapping[str, Any],
        *,
        subresource: str = "",
    ) -> Tree:
        """Replace an object, or only its status.

        Raises:
            ApiError: If it does not exist, or has changed meanwhile.
        """
        with self.objects.changed:
            key = Key(*kind.key, namespace, name)
            live = self.objects.find(key)
            if live is None:
                raise not_found(kind.resource, name)
            new = _of_kind(kind, namespace, item)
            metadata = new["metadata"]
            if (
                metadata.get("resourceVersion", live["metadata"]["resourceVersion"])
                != (live["metadata"]["resourceVersion"])
            ):
                raise conflict(kind.resource, name, _MODIFIED)
            status = new.get("status") if subresource else live.get("status")
            if subresource:
                new = copied(live)
            if kind.has_status:
                new.pop("status", None)
                new |= {"status": status} if status else {}
            for field in _SERVER_METADATA:
                new["metadata"].pop(field, None)
                if field in live["metadata"]:
                    new["metadata"][field] = live["metadata"][field]
            if {**new, "apiVersion": ""} != {**live, "apiVersion": ""}:
                if _wanted(new) != _wanted(live):
                    new["metadata"]["generation"] += 1
                new = self._put(key, new)
                self._finish(key)
            return as_version(kind, copied(new))

    def delete(self, kind: Kind, namespace: str, name: str, uid: str | None) -> Tree | None:
        """Delete an object and what is in it: of a namespace, or of the kind that a CRD defines.

        Returns:
            The object, if finalizers hold it or what is in it; None if it is gone.

        Raises:
            ApiError: If it does not exist, or has another UID.
        """
        with self.objects.changed:
            item = self.get(kind, namespace, name)
            if uid not in {None, item["metadata"]["uid"]}:
                raise conflict(kind.resource, name, "the UID in the precondition does not match")
            key = Key(*kind.key, namespace, name)
            self._delete(key)
            left = self.objects.find(key)
            return as_version(kind, copied(left)) if left else None

    def _check_namespace(self, name: str) -> None:
        if not name:
            return
        owner = self.objects.find(Key(*NAMESPACES, "", name))
        if owner is None:
            raise not_found("namespaces", name)
        if "deletionTimestamp" in owner["metadata"]:
            text = (
                f"unable to create new content in namespace {name} because it is being terminated"
            )
            raise ApiError(403, "Forbidden", text)

    def _put(self, key: Key, item: Tree) -> Tree:
        if key[:2] == CRDS:
            item = _established(item)
            self.kinds.define(item)
        return self.objects.put(key, item)

    def _content(self, key: Key) -> list[Key]:
        if key[:2] == NAMESPACES:
            return self.objects.in_namespace(key.name)
        if key[:2] == CRDS:
            plural, _, group = key.name.partition(".")
            return [inner for inner, _ in self.objects.of_kind((group, plural))]
        return []

    def _delete(self, key: Key) -> None:
        item = self.objects.find(key)
        if item is None or "deletionTimestamp" in item["metadata"]:
            return
        content = self._content(key)
        metadata = {**item["metadata"], "deletionTimestamp": timestamp()}
        if content or metadata.get("finalizers"):
            self.objects.put(key, {**item, "metadata": metadata})
            for inner in content:
                self._delete(inner)
        else:
            self._remove(key)

    def _finish(self, key: Key) -> None:
        """Remove an object that is deleted, once nothing holds it and nothing is in it."""
        item = self.objects.find(key)
        if (
            item
            and "deletionTimestamp" in item["metadata"]
            and not item["metadata"].get("finalizers")
            and not self._content(key)
        ):
            self._remove(key)

    def _remove(self, key: Key) -> None:
        self.objects.remove(key)
        if key[:2] == CRDS:
            self.kinds.drop(key.name)
        self._finish(Key(*NAMESPACES, "", key.namespace))
        self._finish(Key(*CRDS, "", f"{key.plural}.{key.group}"))


def as_version(kind: Kind, item: Mapping[str, Any]) -> Tree:
    """An object in an API version. Versions differ in name only: nothing is converted."""
    return {**item, "apiVersion": kind.api_version, "kind": kind.kind}


def _of_kind(kind: Kind, namespace: str, item: Mapping[str, Any]) -> Tree:
    new = as_version(kind, copied(dict(item)))
    new["metadata"] = {**new["metadata"], **({"namespace": namespace} if namespace else {})}
    return new


def _wanted(item: Mapping[str, Any]) -> Tree:
    """What counts for the generation."""
    skipped = {"apiVersion", "metadata", "status"}
    return {key: value for key, value in item.items() if key not in skipped}


def _established(crd: Tree) -> Tree:
    """The CRD with the status of one that is served."""
    before = crd.get("status") or {}
    conditions = [
        {"type": kind, "status": "True", "reason": reason, "lastTransitionTime": timestamp()}
        for kind, reason in (
            ("NamesAccepted", "NoConflicts"),
            ("Established", "InitialNamesAccepted"),
        )
    ]
    status = {
        "acceptedNames": crd["spec"]["names"],
        "conditions": before.get("conditions") or conditions,
        "storedVersions": [
            version["name"] for version in crd["spec"]["versions"] if version.get("storage")
        ],
    }
    return {**crd, "status": status}
