"""What may be done to the objects of an in-process Kubernetes API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.kubernetes import managers
from localcloud.kubernetes.admission import Admission
from localcloud.kubernetes.crds import CLEANUP_FINALIZER, established
from localcloud.kubernetes.kinds import CRDS, NAMESPACES, Kind, Kinds
from localcloud.kubernetes.managers import timestamp
from localcloud.kubernetes.objects import Key, Objects
from localcloud.kubernetes.schemas import Schemas
from localcloud.kubernetes.selectors import matches
from localcloud.kubernetes.status import (
    ApiError,
    already_exists,
    bad_request,
    conflict,
    invalid,
    not_found,
)
from localcloud.kubernetes.trees import Tree, copied

_SYSTEM_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
_KEPT_NAMESPACES: Final = frozenset({"default", "kube-public", "kube-system"})
_SERVER_METADATA: Final = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "resourceVersion",
    "uid",
)
_MODIFIED: Final = (
    "the object has been modified; please apply your changes to the latest version and try again"
)
_POLICY_FINALIZERS: Final = {"Foreground": "foregroundDeletion", "Orphan": "orphan"}


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteOptions:
    """What a write asks for.

    Attributes:
        manager: The field manager.
        strict: Whether an unknown field is refused.
        dry_run: Whether to answer as if, and change nothing.
        force: For an apply: whether to take fields of others.
        subresource: What it is confined to, ``status`` for example; empty for the object itself.
    """

    manager: str = "unknown"
    strict: bool = False
    dry_run: bool = False
    force: bool = False
    subresource: str = ""


class Store:
    """All objects of one cluster; its methods are safe for threads.

    As in Kubernetes, it is for controllers (`localcloud.kubernetes.collector`) to empty namespaces
    that are deleted, and to collect what has lost its owners.

    Args:
        version: Of Kubernetes, for example ``1.35``.

    Attributes:
        kinds: What can be stored.
        objects: What is stored.
        schemas: Of the kinds.
    """

    def __init__(self, version: str) -> None:
        self.kinds = Kinds()
        self.objects = Objects()
        self.schemas = Schemas(version, lambda name: self._existing(Key(*CRDS, "", name)))
        self._admission = Admission(self.schemas, self.objects)
        namespaces = self.kinds.find("", "v1", "namespaces")
        for name in _SYSTEM_NAMESPACES:
            self.create(namespaces, "", {"metadata": {"name": name}}, WriteOptions())

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

    def create(
        self, kind: Kind, namespace: str, item: Mapping[str, Any], options: WriteOptions
    ) -> Tree:
        """Create an object.

        Raises:
            ApiError: If there is one, or it does not fit.
        """
        with self.objects.changed:
            new = self._admission.decoded(kind, namespace, item, strict=options.strict)
            metadata = new["metadata"]
            if not metadata.get("name") and metadata.get("generateName"):
                metadata["name"] = metadata["generateName"] + uuid.uuid4().hex[:5]
            key = Key(*kind.key, namespace, str(metadata.get("name", "")))
            if self.objects.find(key) is not None:
                raise already_exists(kind.resource, key.name)
            metadata.pop("managedFields", None)
            if kind.has_status:
                new.pop("status", None)
            self._admission.fill_in(kind, new)
            managers.update(None, new, options.manager, self._schemas_of(kind))
            return self._added(kind, key, new, options)

    def apply(
        self, kind: Kind, namespace: str, name: str, item: Mapping[str, Any], options: WriteOptions
    ) -> tuple[Tree, bool]:
        """Apply server-side; returns the object and whether it is new.

        Raises:
            ApiError: For a conflict, or if it does not fit.
        """
        with self.objects.changed:
            applied = self._admission.decoded(kind, namespace, item, strict=options.strict)
            applied["metadata"].setdefault("name", name)
            if applied["metadata"].pop("managedFields", None):
                raise bad_request("metadata.managedFields must be nil")
            key = Key(*kind.key, namespace, name)
            live = self.objects.find(key)
            self._check_revision(kind, live, applied)
            if kind.has_status and options.subresource != "status":
                applied.pop("status", None)
            schemas = self._schemas_of(kind)
            new = managers.apply(live, applied, options.manager, schemas, force=options.force)
            self._admission.fill_in(kind, new)
            if live is None:
                return self._added(kind, key, new, options), True
            return self._modified(kind, key, live, new, options), False

    def replace(
        self, kind: Kind, namespace: str, name: str, item: Mapping[str, Any], options: WriteOptions
    ) -> Tree:
        """Replace an object, or only its status.

        Raises:
            ApiError: If it does not exist, has changed meanwhile, or does not fit.
        """
        with self.objects.changed:
            key = Key(*kind.key, namespace, name)
            live = self.objects.find(key)
            if live is None:
                raise not_found(kind.resource, name)
            self._check_revision(kind, live, item)
            new = self._admission.decoded(kind, namespace, item, strict=options.strict)
            match options.subresource:
                case "status":
                    new = {**copied(live), "status": new.get("status", {})}
                case "finalize":
                    new = {**copied(live), "spec": new.get("spec", {})}
                case _:
                    if kind.has_status:
                        new.pop("status", None)
                        new |= {"status": copied(live["status"])} if "status" in live else {}
                    if kind.key == NAMESPACES:
                        # Its finalizers only change through the subresource of that name.
                        new["spec"] = copied(live.get("spec", {}))
                    self._admission.fill_in(kind, new)
            managers.update(live, new, options.manager, self._schemas_of(kind))
            return self._modified(kind, key, live, new, options)

    def delete(
        self, kind: Kind, namespace: str, name: str, options: Mapping[str, Any]
    ) -> tuple[Tree, bool]:
        """Delete an object, or mark it while finalizers hold it.

        Args:
            kind: Its kind.
            namespace: Empty for an object of the cluster.
            name: Its name.
            options: ``DeleteOptions``.

        Returns:
            The object as it was last, and whether it is gone.

        Raises:
            ApiError: If it does not exist, or is not what the options expect.
        """
        with self.objects.changed:
            key = Key(*kind.key, namespace, name)
            item = self.get(kind, namespace, name)
            for field, value in (options.get("preconditions") or {}).items():
                if item["metadata"].get(field) != value:
                    raise conflict(kind.resource, name, f"the precondition {field} does not hold")
            if kind.key == NAMESPACES and name in _KEPT_NAMESPACES:
                raise ApiError(
                    403, "Forbidden", f'namespaces "{name}" is forbidden: it may not be deleted'
                )
            if options.get("dryRun"):
                return item, True
            self._mark(key, _POLICY_FINALIZERS.get(options.get("propagationPolicy") or ""))
            left = self.objects.find(key)
            return (as_version(kind, copied(left)), False) if left else (item, True)

    def _existing(self, key: Key) -> Tree:
        item = self.objects.find(key)
        if item is None:
            raise KeyError(key)
        return item

    def _schemas_of(self, kind: Kind) -> managers.ObjectSchemas:
        return managers.ObjectSchemas(self.schemas.of(kind), self.schemas.metadata)

    def _check_revision(self, kind: Kind, live: Tree | None, item: Mapping[str, Any]) -> None:
        metadata = item.get("metadata") or {}
        name = metadata.get("name", "")
        for field in ("resourceVersion", "uid"):
            wanted = metadata.get(field)
            if wanted and (live is None or wanted != live["metadata"][field]):
                raise conflict(kind.resource, name, _MODIFIED)

    def _added(self, kind: Kind, key: Key, item: Tree, options: WriteOptions) -> Tree:
        if kind.namespaced:
            self._admission.check_namespace(key.namespace)
        metadata = item["metadata"]
        for field in _SERVER_METADATA:
            metadata.pop(field, None)
        self._admission.check(kind, item, None)
        metadata.update(uid=str(uuid.uuid4()), creationTimestamp=timestamp(), generation=1)
        if not options.dry_run:
            item = self._put(key, item)
        return as_version(kind, copied(item))

    def _modified(
        self, kind: Kind, key: Key, live: Tree, item: Tree, options: WriteOptions
    ) -> Tree:
        for field in _SERVER_METADATA:
            item["metadata"].pop(field, None)
            if field in live["metadata"]:
                item["metadata"][field] = live["metadata"][field]
        self._admission.check(kind, item, live)
        _check_finalizers(kind, live, item)
        if {**item, "apiVersion": ""} == {**live, "apiVersion": ""}:
            return as_version(kind, copied(live))
        if _wanted(item) != _wanted(live):
            item["metadata"]["generation"] += 1
        if not options.dry_run:
            item = self._put(key, item)
            self._finish(key)
        return as_version(kind, copied(item))

    def _put(self, key: Key, item: Tree) -> Tree:
        if key[:2] == CRDS:
            item = established(item)
            self.schemas.forget(key.name)
            self.kinds.define(item)
        return self.objects.put(key, item)

    def _mark(self, key: Key, finalizer: str | None = None) -> None:
        """Mark an object as deleted, and remove it if nothing holds it."""
        item = copied(self._existing(key))
        metadata = item["metadata"]
        held = [finalizer] if finalizer else []
        if key[:2] == CRDS:
            held.append(CLEANUP_FINALIZER)
        finalizers = metadata.get("finalizers") or []
        added = [name for name in held if name not in finalizers]
        if "deletionTimestamp" not in metadata or added:
            metadata.setdefault("deletionTimestamp", timestamp())
            metadata["deletionGracePeriodSeconds"] = 0
            if added:
                metadata["finalizers"] = [*finalizers, *added]
            if key[:2] == NAMESPACES:
                item["status"] = {**item.get("status", {}), "phase": "Terminating"}
            if metadata.get("finalizers") or key[:2] == NAMESPACES:
                metadata["generation"] += 1
                self._put(key, item)
        if key[:2] == CRDS:
            self._empty(key, item)
        elif not metadata.get("finalizers"):
            self._finish(key, marked=True)

    def _empty(self, crd: Key, item: Tree) -> None:
        """Delete the objects that a CRD defines; the last one lets the CRD go."""
        kind = (item["spec"]["group"], item["spec"]["names"]["plural"])
        keys = [key for key, _ in self.objects.of_kind(kind)]
        for key in keys:
            if self.objects.find(key) is not None:
                self._mark(key)
        if self.objects.find(crd) is not None:
            self._release(crd, kind)

    def _release(self, crd: Key, kind: tuple[str, str]) -> None:
        item = self._existing(crd)
        if next(self.objects.of_kind(kind), None) is None:
            metadata = dict(item["metadata"])
            metadata["finalizers"] = [
                name for name in metadata["finalizers"] if name != CLEANUP_FINALIZER
            ]
            self.objects.put(crd, {**item, "metadata": metadata})
            self._finish(crd)

    def _finish(self, key: Key, *, marked: bool = False) -> None:
        """Remove an object that is marked as deleted, if nothing holds it."""
        item = self._existing(key)
        if not marked and "deletionTimestamp" not in item["metadata"]:
            return
        if item["metadata"].get("finalizers"):
            return
        if key[:2] == NAMESPACES and item.get("spec", {}).get("finalizers"):
            return
        self.objects.remove(key)
        if key[:2] == CRDS:
            self.schemas.forget(key.name)
            self.kinds.drop(key.name)
            return
        for kind in self.kinds.versions_of(key[:2]):
            crd = Key(*CRDS, "", kind.crd)
            owner = self.objects.find(crd) if kind.crd else None
            if owner and CLEANUP_FINALIZER in (owner["metadata"].get("finalizers") or []):
                self._release(crd, kind.key)
                return


def as_version(kind: Kind, item: Mapping[str, Any]) -> Tree:
    """An object in an API version. Versions differ in name only: nothing is converted."""
    return {**item, "apiVersion": kind.api_version, "kind": kind.kind}


def _check_finalizers(kind: Kind, live: Tree, item: Tree) -> None:
    before, after = (set(one["metadata"].get("finalizers") or ()) for one in (live, item))
    if "deletionTimestamp" in live["metadata"] and after - before:
        problem = (
            "metadata.finalizers: Forbidden: no new finalizers can be added if the object is being "
            f"deleted, found new finalizers {sorted(after - before)}"
        )
        raise invalid(kind.kind, kind.group, item["metadata"]["name"], [problem])


def _wanted(item: Mapping[str, Any]) -> Tree:
    """What counts for the generation."""
    skipped = {"apiVersion", "metadata", "status"}
    return {key: value for key, value in item.items() if key not in skipped}
