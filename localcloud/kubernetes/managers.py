"""Field managers of an object: applying, and noting who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from localcloud.kubernetes import field_sets
from localcloud.kubernetes.field_sets import FieldSet, differing, fields_of
from localcloud.kubernetes.schema import Schema
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.trees import copied


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
        _write(made, {me: wanted})
        return made
    owners = _read(live)
    before = owners.get(me, frozenset())
    others = {who: fields for who, fields in owners.items() if who != me}
    conflicts = {
        who: clash
        for who, fields in others.items()
        if (clash := differing(live, applied, fields & wanted))
    }
    if conflicts and not force:
        raise _conflict(conflicts)
    live = copied(live)
    item, metadata = schemas
    result: dict[str, Any] = field_sets.merged(live, applied, item, item.root)
    result["metadata"] = field_sets.merged(
        live["metadata"], applied["metadata"], metadata, metadata.root
    )
    others = {who: fields - conflicts.get(who, frozenset()) for who, fields in others.items()}
    owned_by_others = frozenset().union(*others.values())
    field_sets.without(result, before - wanted - owned_by_others)
    _write(result, {**others, me: wanted})
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
        _write(item, {me: now})
        return
    owners = _read(live)
    changed = differing(live, item, now)
    kept = {who: fields & now - changed for who, fields in owners.items()}
    kept[me] = kept.get(me, frozenset()) | changed
    _write(item, kept)


def _read(item: Mapping[str, Any]) -> dict[Manager, FieldSet]:
    return {
        Manager(entry["manager"], entry["operation"]): frozenset(
            field_sets.read(entry.get("fieldsV1", {}))
        )
        for entry in item["metadata"].get("managedFields", [])
    }


def _write(item: dict[str, Any], owners: Mapping[Manager, FieldSet]) -> None:
    item["metadata"]["managedFields"] = [
        {
            "manager": who.name,
            "operation": who.operation,
            "apiVersion": item["apiVersion"],
            "time": timestamp(),
            "fieldsType": "FieldsV1",
            "fieldsV1": field_sets.written(fields),
        }
        for who, fields in owners.items()
        if fields
    ]


def _conflict(conflicts: Mapping[Manager, FieldSet]) -> ApiError:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{who.name}"',
            "field": field_sets.dotted(path),
        }
        for who, fields in conflicts.items()
        for path in sorted(fields)
    ]
    names = ", ".join(f'"{who.name}"' for who in conflicts)
    fields = ", ".join(cause["field"] for cause in causes)
    return ApiError(
        409,
        "Conflict",
        f"Apply failed with {len(causes)} conflict{'s'[: len(causes) > 1]}: conflicts with "
        f"{names}: {fields}",
        causes=causes,
    )
