"""Field managers of an object: applying, and noting who changed what."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from localcloud.kubernetes import field_sets
from localcloud.kubernetes.field_sets import FieldSet, differing, fields_of
from localcloud.kubernetes.schema import Schema
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.trees import copied

_KUBECTL: Final = "kubectl"
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


class ObjectSchemas(NamedTuple):
    """What says which fields an object has.

    Attributes:
        item: Of the object.
        metadata: Of its metadata.
    """

    item: Schema
    metadata: Schema


class Manager(NamedTuple):
    """Who owns fields, and how it came to.

    Attributes:
        name: For example ``kubectl``.
        operation: ``Apply`` or ``Update``.
    """

    name: str
    operation: str


def timestamp() -> str:
    """The time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def apply(
    live: dict[str, Any] | None,
    applied: dict[str, Any],
    manager: str,
    schemas: ObjectSchemas,
    *,
    force: bool,
) -> dict[str, Any]:
    """What server-side apply makes of an object.

    Args:
        live: The object as it is, None if it does not exist.
        applied: What the manager wants of it.
        manager: The field manager's name.
        schemas: Of the object.
        force: Whether to take fields that others own.

    Raises:
        ApiError: For a conflict without force.
    """
    wanted = fields_of(applied, schemas.item, schemas.metadata)
    me = Manager(manager, "Apply")
    if live is None:
        made: dict[str, Any] = copied(applied)
        _write(made, {me: wanted}, None)
        return made
    owners = _read(live)
    before = owners.get(me, frozenset())
    others = {who: fields for who, fields in owners.items() if who != me}
    conflicts = {
        who: clash
        for who, fields in others.items()
        if (clash := differing(live, applied, fields & wanted))
    }
    if not force:
        _check(conflicts, _applied_at_client(live, manager, schemas), applied["apiVersion"])
    live = copied(live)
    item, metadata = schemas
    result: dict[str, Any] = field_sets.merged(live, applied, item, item.root)
    result["metadata"] = field_sets.merged(
        live["metadata"], applied["metadata"], metadata, metadata.root
    )
    others = {who: fields - conflicts.get(who, frozenset()) for who, fields in others.items()}
    field_sets.without(result, before - wanted, wanted.union(*others.values()))
    _write(result, {**others, me: wanted}, live)
    return result


def update(
    live: dict[str, Any] | None,
    item: dict[str, Any],
    manager: str,
    schemas: ObjectSchemas,
) -> None:
    """Note in an object that a manager changed it otherwise than by applying."""
    now = fields_of(item, schemas.item, schemas.metadata)
    me = Manager(manager, "Update")
    if live is None:
        _write(item, {me: now}, None)
        return
    # Who writes managedFields means it, as kubectl when it goes over to server-side apply.
    owners = _read(item if item["metadata"].get("managedFields") else live)
    changed = differing(live, item, now)
    kept = {who: fields & now - changed for who, fields in owners.items()}
    kept[me] = kept.get(me, frozenset()) | changed
    _write(item, kept, live)


def _read(item: Mapping[str, Any]) -> dict[Manager, FieldSet]:
    return {
        Manager(entry["manager"], entry["operation"]): frozenset(
            field_sets.read(entry.get("fieldsV1", {}))
        )
        for entry in item["metadata"].get("managedFields", [])
        if entry
    }


def _write(
    item: dict[str, Any], owners: Mapping[Manager, FieldSet], live: Mapping[str, Any] | None
) -> None:
    """Note the owners; the entries of those that own what they did stay, with their times."""
    old = {
        (entry["manager"], entry["operation"]): entry
        for entry in (live["metadata"].get("managedFields", ()) if live else ())
        if entry
    }
    entries = []
    for who in sorted(owners):
        fields = field_sets.written(owners[who])
        entry = old.get(who)
        if fields and entry and entry["fieldsV1"] == fields:
            entries.append(entry)
        elif fields:
            entries.append(
                {
                    "manager": who.name,
                    "operation": who.operation,
                    "apiVersion": item["apiVersion"],
                    "time": timestamp(),
                    "fieldsType": "FieldsV1",
                    "fieldsV1": fields,
                }
            )
    item["metadata"]["managedFields"] = entries


def _applied_at_client(live: Mapping[str, Any], manager: str, schemas: ObjectSchemas) -> FieldSet:
    """What kubectl applied at the client before: that it may take over without force."""
    text = (live["metadata"].get("annotations") or {}).get(_LAST_APPLIED)
    if manager != _KUBECTL or not text:
        return frozenset()
    try:
        return fields_of(json.loads(text), schemas.item, schemas.metadata)
    except (KeyError, TypeError, ValueError):
        return frozenset()


def _check(conflicts: Mapping[Manager, FieldSet], allowed: FieldSet, api_version: str) -> None:
    left = {who: fields - allowed for who, fields in conflicts.items() if fields - allowed}
    if not left:
        return
    named = {
        who: f'"{who.name}"' + (f" using {api_version}" if who.operation == "Update" else "")
        for who in left
    }
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f"conflict with {named[who]}",
            "field": field_sets.dotted(path),
        }
        for who, fields in left.items()
        for path in sorted(fields)
    ]
    if len(causes) == 1:
        text = f"1 conflict: {causes[0]['message']}: {causes[0]['field']}"
    else:
        lists = (
            f"conflicts with {named[who]}:\n"
            + "\n".join(f"- {field_sets.dotted(path)}" for path in sorted(fields))
            for who, fields in left.items()
        )
        text = f"{len(causes)} conflicts: " + "\n".join(lists)
    raise ApiError(409, "Conflict", f"Apply failed with {text}", causes=causes)
