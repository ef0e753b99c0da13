"""The objects of an in-process Kubernetes API, and what may be done to them."""

from __future__ import annotations

import copy
import itertools
import re
import threading
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from localcloud.kubernetes import managers
from localcloud.kubernetes.built_in_defaults import fill_in
from localcloud.kubernetes.kinds import Kind, Kinds
from localcloud.kubernetes.managers import timestamp
from localcloud.kubernetes.schema import Schema, built_in, metadata_schema, of_crd
from localcloud.kubernetes.selectors import fields_match, labels_match
from localcloud.kubernetes.status import ApiError, bad_request, conflict, invalid, not_found

CRDS: Final = ("apiextensions.k8s.io", "customresourcedefinitions")
NAMESPACES: Final = ("", "namespaces")
_RBAC: Final = "rbac.authorization.k8s.io"
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")
_SYSTEM_NAMESPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
_FOREGROUND: Final = "foregroundDeletion"


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
        type: ``ADDED``, ``MODIFIED`` or ``DELETED``.
        item: The object after it, or as it was last.
    """

    revision: int
    key: Key
    type: str
    item: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class WriteOptions:
    """What a write asks for.

    Attributes:
        manager: The field manager.
        strict: Whether an unknown field is refused.
        dry_run: Whether to answer as if, and change nothing.
        force: For an apply: whether to take fields of others.
    """

    manager: str = "unknown"
    strict: bool = False
    dry_run: bool = False
    force: bool = False


class Store:
    """All objects of one cluster.

    Args:
        version: Of Kubernetes, for example ``1.35``.

    Attributes:
        kinds: What can be stored.
        changed: Notified of every change; its lock guards everything.
    """

    def __init__(self, version: str) -> None:
        self.kinds = Kinds()
        self.changed = threading.Condition(threading.RLock())
        self._version = version
        self._metadata = metadata_schema(version)
        self._objects: dict[Key, dict[str, Any]] = {}
        self._changes: list[Change] = []
        self._revisions = itertools.count(1)
        self._revision = 0
        self._addresses = itertools.count(10)
        self._schemas: dict[tuple[str, str, str], Schema] = {}
        namespaces = self.kinds.find("", "v1", "namespaces")
        for name in _SYSTEM_NAMESPACES:
            self.create(namespaces, "", {"metadata": {"name": name}}, WriteOptions())

    @property
    def revision(self) -> int:
        """The number of the last change."""
        return self._revision

    def schema(self, kind: Kind) -> Schema:
        """The schema of a kind."""
        with self.changed:
            place = (kind.group, kind.version, kind.plural)
            if place not in self._schemas:
                if kind.crd:
                    crd = self._objects[Key(*CRDS, "", kind.crd)]
                    self._schemas[place] = of_crd(crd, kind.version)
                else:
                    self._schemas[place] = built_in(kind, self._version)
            return self._schemas[place]

    def get(self, kind: Kind, namespace: str, name: str) -> dict[str, Any]:
        """An object.

        Raises:
            ApiError: If it does not exist.
        """
        with self.changed:
            item = self._objects.get(Key(*kind.key, namespace, name))
            if item is None:
                raise not_found(kind.resource, name)
            return _as(kind, item)

    def listed(
        self, kind: Kind, namespace: str, *, labels: str = "", fields: str = ""
    ) -> tuple[list[dict[str, Any]], int]:
        """The objects of a kind in a namespace, or in all, and the revision that they are of."""
        with self.changed:
            items = [
                _as(kind, item)
                for key, item in sorted(self._objects.items())
                if key[:2] == kind.key
                and namespace in {"", key.namespace}
                and labels_match(item, labels)
                and fields_match(item, fields)
            ]
            return items, self._revision

    def changes_since(self, revision: int) -> tuple[list[Change], int]:
        """What happened after a revision. Call it with `changed` held.

        Raises:
            ApiError: If that is too long ago.
        """
        first = self._changes[0].revision if self._changes else 0
        if self._changes and revision < first - 1:
            raise ApiError(410, "Expired", f"too old resource version: {revision}")
        return list(self._changes[max(0, revision - first + 1) :]), self._revision

    def create(
        self, kind: Kind, namespace: str, item: dict[str, Any], options: WriteOptions
    ) -> dict[str, Any]:
        """Create an object.

        Raises:
            ApiError: If there is one, or it does not fit.
        """
        with self.changed:
            item = self._admitted(kind, namespace, item, options)
            if "name" not in item["metadata"] and "generateName" in item["metadata"]:
                suffix = uuid.uuid4().hex[:5]
                item["metadata"]["name"] = item["metadata"]["generateName"] + suffix
            self._check(kind, item)
            key = Key(*kind.key, namespace, item["metadata"]["name"])
            if key in self._objects:
                raise ApiError(
                    409,
                    "AlreadyExists",
                    f'{kind.resource} "{key.name}" already exists',
                    name=key.name,
                    kind=kind.plural,
                )
            schema = self.schema(kind)
            managers.update(None, item, options.manager, schema=schema, metadata=self._metadata)
            return self._added(kind, key, item, options)

    def apply(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        item: dict[str, Any],
        options: WriteOptions,
    ) -> tuple[dict[str, Any], bool]:
        """Apply server-side; returns the object and whether it is new.

        Raises:
            ApiError: For a conflict, or if it does not fit.
        """
        with self.changed:
            item = self._admitted(kind, namespace, item, options, fill=False)
            item["metadata"].setdefault("name", name)
            key = Key(*kind.key, namespace, name)
            live = self._objects.get(key)
            result = managers.apply(
                live,
                item,
                options.manager,
                force=options.force,
                schema=self.schema(kind),
                metadata=self._metadata,
            )
            self._fill_in(kind, result)
            self._check(kind, result)
            if live is None:
                return self._added(kind, key, result, options), True
            return self._modified(kind, key, live, result, options), False

    def replace(
        self,
        kind: Kind,
        namespace: str,
        name: str,
        item: dict[str, Any],
        options: WriteOptions,
        *,
        subresource: str = "",
    ) -> dict[str, Any]:
        """Replace an object, or only its status.

        Raises:
            ApiError: If it does not exist, has changed meanwhile, or does not fit.
        """
        with self.changed:
            key = Key(*kind.key, namespace, name)
            live = self._objects.get(key)
            if live is None:
                raise not_found(kind.resource, name)
            wanted = item.get("metadata", {}).get("resourceVersion")
            if wanted and wanted != live["metadata"]["resourceVersion"]:
                raise conflict(
                    kind.resource,
                    name,
                    "the object has been modified; please apply your changes to the latest "
                    "version and try again",
                )
            if subresource == "status":
                new = copy.deepcopy(live)
                new["status"] = copy.deepcopy(item.get("status", {}))
            else:
                new = self._admitted(kind, namespace, item, options)
                if kind.has_status and "status" in live:
                    new["status"] = copy.deepcopy(live["status"])
            self._check(kind, new)
            schema = self.schema(kind)
            managers.update(live, new, options.manager, schema=schema, metadata=self._metadata)
            return self._modified(kind, key, live, new, options)

    def delete(
        self, kind: Kind, namespace: str, name: str, options: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Delete an object, or mark it while finalizers hold it; returns it as it was last.

        Args:
            kind: Its kind.
            namespace: Empty for an object of the cluster.
            name: Its name.
            options: ``DeleteOptions``.

        Raises:
            ApiError: If it does not exist, or is not what the options expect.
        """
        with self.changed:
            item = self.get(kind, namespace, name)
            for field, value in (options.get("preconditions") or {}).items():
                if item["metadata"].get(field) != value:
                    raise conflict(kind.resource, name, f"the precondition {field} does not hold")
            if options.get("dryRun"):
                return item
            key = Key(*kind.key, namespace, name)
            if options.get("propagationPolicy") == "Orphan":
                self._orphan(item["metadata"]["uid"])
            elif options.get("propagationPolicy") == "Foreground" and self._owned(item):
                self._hold(key, _FOREGROUND)
            self._delete(key)
            self._settle()
            return item

    def _admitted(
        self,
        kind: Kind,
        namespace: str,
        item: dict[str, Any],
        options: WriteOptions,
        *,
        fill: bool = True,
    ) -> dict[str, Any]:
        item = copy.deepcopy(item)
        given = (item.get("apiVersion", kind.api_version), item.get("kind", kind.kind))
        if given != (kind.api_version, kind.kind):
            raise bad_request(
                f"{given[1]} in version {given[0]!r} cannot be handled as a {kind.kind} of "
                f"{kind.api_version}"
            )
        metadata = item.setdefault("metadata", {})
        if kind.namespaced:
            if metadata.setdefault("namespace", namespace) != namespace:
                raise bad_request(
                    f"the namespace of the provided object does not match the namespace sent on "
                    f"the request ({metadata['namespace']} != {namespace})"
                )
            self._check_namespace(namespace)
        else:
            metadata.pop("namespace", None)
        metadata.pop("managedFields", None)
        item["apiVersion"], item["kind"] = kind.api_version, kind.kind
        unknown = [
            *self.schema(kind).unknown(item),
            *(f"metadata.{path}" for path in self._metadata.unknown(metadata)),
        ]
        if unknown and options.strict:
            problems = ", ".join(f'unknown field "{path}"' for path in unknown)
            raise bad_request(
                f'{kind.kind} in version "{kind.version}" cannot be handled as a {kind.kind}: '
                f"strict decoding error: {problems}"
            )
        if unknown:
            self.schema(kind).prune(item)
        if fill:
            self._fill_in(kind, item)
        return item

    def _fill_in(self, kind: Kind, item: dict[str, Any]) -> None:
        if kind.crd:
            self.schema(kind).fill_in(item)
        else:
            fill_in(item, address=next(self._addresses))

    def _check_namespace(self, namespace: str) -> None:
        owner = self._objects.get(Key(*NAMESPACES, "", namespace))
        if owner is None:
            raise not_found("namespaces", namespace)
        if "deletionTimestamp" in owner["metadata"]:
            raise ApiError(
                403,
                "Forbidden",
                f"unable to create new content in namespace {namespace} because it is being "
                "terminated",
            )

    def _check(self, kind: Kind, item: dict[str, Any]) -> None:
        name = str(item["metadata"].get("name", ""))
        if kind.group != _RBAC and not _NAME.fullmatch(name):
            raise invalid(
                f"{kind.kind}.{kind.group}".rstrip("."),
                name,
                [
                    f'metadata.name: Invalid value: "{name}": a lowercase RFC 1123 subdomain must '
                    "consist of lower case alphanumeric characters, '-' or '.'"
                ],
            )
        problems = self.schema(kind).problems(item)
        if problems:
            raise invalid(f"{kind.kind}.{kind.group}".rstrip("."), name, problems)

    def _added(
        self, kind: Kind, key: Key, item: dict[str, Any], options: WriteOptions
    ) -> dict[str, Any]:
        metadata = item["metadata"]
        metadata.update(uid=str(uuid.uuid4()), creationTimestamp=timestamp(), generation=1)
        if not options.dry_run:
            self._put(key, item, "ADDED")
        return _as(kind, item)

    def _modified(
        self,
        kind: Kind,
        key: Key,
        live: dict[str, Any],
        item: dict[str, Any],
        options: WriteOptions,
    ) -> dict[str, Any]:
        for name in ("uid", "creationTimestamp", "generation", "resourceVersion"):
            item["metadata"][name] = live["metadata"][name]
        if "deletionTimestamp" in live["metadata"]:
            item["metadata"]["deletionTimestamp"] = live["metadata"]["deletionTimestamp"]
        if _content(item) == _content(live):
            return _as(kind, live)
        if _content(item, spec_only=True) != _content(live, spec_only=True):
            item["metadata"]["generation"] += 1
        if not options.dry_run:
            self._put(key, item, "MODIFIED")
            if "deletionTimestamp" in item["metadata"]:
                self._delete(key)
                self._settle()
        return _as(kind, item)

    def _put(self, key: Key, item: dict[str, Any], change: str) -> None:
        self._record(key, item, change)
        self._objects[key] = item
        if key[:2] == CRDS:
            self._define(item)

    def _record(self, key: Key, item: dict[str, Any], change: str) -> None:
        self._revision = next(self._revisions)
        item["metadata"]["resourceVersion"] = str(self._revision)
        self._changes.append(
            Change(revision=self._revision, key=key, type=change, item=copy.deepcopy(item))
        )
        self.changed.notify_all()

    def _define(self, crd: dict[str, Any]) -> None:
        self.kinds.define(crd)
        self._schemas = {
            place: schema
            for place, schema in self._schemas.items()
            if (place[0], place[2]) != (crd["spec"]["group"], crd["spec"]["names"]["plural"])
        }
        crd["status"] = {
            "acceptedNames": crd["spec"]["names"],
            "storedVersions": [v["name"] for v in crd["spec"]["versions"] if v.get("storage")],
            "conditions": [
                {
                    "type": kind,
                    "status": "True",
                    "reason": kind,
                    "message": "",
                    "lastTransitionTime": timestamp(),
                }
                for kind in ("NamesAccepted", "Established")
            ],
        }

    def _delete(self, key: Key) -> None:
        """Remove an object if nothing holds it, else mark it."""
        item = self._objects.get(key)
        if item is None:
            return
        if "deletionTimestamp" not in item["metadata"]:
            held = copy.deepcopy(item)
            held["metadata"]["deletionTimestamp"] = timestamp()
            if key[:2] == NAMESPACES:
                held["status"]["phase"] = "Terminating"
            self._put(key, held, "MODIFIED")
            item = held
        content = list(self._content_of(key, item))
        for inner in content:
            if "deletionTimestamp" not in self._objects[inner]["metadata"]:
                self._delete(inner)
        if item["metadata"].get("finalizers") or any(k in self._objects for k in content):
            return
        del self._objects[key]
        self._record(key, item, "DELETED")
        if key[:2] == CRDS:
            self.kinds.drop(key.name)

    def _content_of(self, key: Key, item: Mapping[str, Any]) -> Iterator[Key]:
        """What goes with a namespace or a CRD."""
        if key[:2] == NAMESPACES:
            yield from [other for other in self._objects if other.namespace == key.name]
        if key[:2] == CRDS:
            kind = (item["spec"]["group"], item["spec"]["names"]["plural"])
            yield from [other for other in self._objects if other[:2] == kind]

    def _settle(self) -> None:
        """Collect what lost its owners, until nothing more goes."""
        while True:
            before = len(self._objects)
            uids = {item["metadata"]["uid"] for item in self._objects.values()}
            for key, item in list(self._objects.items()):
                owners = [o["uid"] for o in item["metadata"].get("ownerReferences") or []]
                if owners and not uids & set(owners):
                    self._delete(key)
                elif "deletionTimestamp" in item["metadata"]:
                    if not self._owned(item):
                        self._release(key, _FOREGROUND)
                    self._delete(key)
                    for owned in self._owned(item):
                        self._delete(owned)
            if len(self._objects) == before:
                return

    def _owned(self, item: Mapping[str, Any]) -> list[Key]:
        uid = item["metadata"]["uid"]
        return [
            key
            for key, other in self._objects.items()
            if any(o["uid"] == uid for o in other["metadata"].get("ownerReferences") or [])
        ]

    def _orphan(self, uid: str) -> None:
        for item in self._objects.values():
            owners = item["metadata"].get("ownerReferences")
            if owners:
                item["metadata"]["ownerReferences"] = [o for o in owners if o["uid"] != uid]

    def _hold(self, key: Key, finalizer: str) -> None:
        self._objects[key]["metadata"].setdefault("finalizers", []).append(finalizer)

    def _release(self, key: Key, finalizer: str) -> None:
        finalizers = self._objects[key]["metadata"].get("finalizers") or []
        if finalizer in finalizers:
            finalizers.remove(finalizer)


def _as(kind: Kind, item: Mapping[str, Any]) -> dict[str, Any]:
    """An object in an API version. Versions differ in name only: nothing is converted."""
    return {**copy.deepcopy(dict(item)), "apiVersion": kind.api_version, "kind": kind.kind}


def _content(item: Mapping[str, Any], *, spec_only: bool = False) -> dict[str, Any]:
    skipped = {"apiVersion", *(("metadata", "status") if spec_only else ())}
    content = {key: value for key, value in item.items() if key not in skipped}
    if "metadata" in content:
        content["metadata"] = {
            key: [{**entry, "time": ""} for entry in value] if key == "managedFields" else value
            for key, value in content["metadata"].items()
        }
    return content
