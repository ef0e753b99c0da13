"""The patches that a Kubernetes API takes, except server-side apply (see field_sets)."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import jsonpatch

from localcloud.kubernetes.schema import Schema, SchemaNode
from localcloud.kubernetes.status import ApiError, bad_request

_ORDER = "$setElementOrder/"
_DELETE = "$deleteFromPrimitiveList/"


def json_patch(item: dict[str, Any], operations: list[dict[str, Any]]) -> dict[str, Any]:
    """Apply a JSON patch (RFC 6902).

    Raises:
        ApiError: If it does not fit the object.
    """
    try:
        patched: dict[str, Any] = jsonpatch.apply_patch(item, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ApiError(422, "Invalid", f"the server rejected our request: {error}") from error
    return patched


def merge_patch(item: Any, patch: Any) -> Any:
    """Apply a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    merged = dict(item) if isinstance(item, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def strategic_merge_patch(item: Any, patch: Any, schema: Schema, node: SchemaNode) -> Any:
    """Apply a strategic merge patch (Kubernetes documentation, "Update API Objects in Place").

    Raises:
        ApiError: For a directive that is not known.
    """
    if not isinstance(patch, Mapping):
        return copy.deepcopy(patch)
    match patch.get("$patch"):
        case "replace":
            return {name: value for name, value in patch.items() if name != "$patch"}
        case "delete":
            return {}
        case None | "merge":
            pass
        case other:
            raise bad_request(f"unknown patch type found: {other}")
    merged = dict(item) if isinstance(item, Mapping) else {}
    if "$retainKeys" in patch:
        merged = {name: merged[name] for name in merged if name in patch["$retainKeys"]}
    for name, value in patch.items():
        if name.startswith(_DELETE):
            field = name.removeprefix(_DELETE)
            merged[field] = [entry for entry in merged.get(field, []) if entry not in value]
        elif name.startswith("$"):
            continue
        elif value is None:
            merged.pop(name, None)
        elif isinstance(value, list):
            child = schema.child(node, name)
            merged[name] = _merged_list(merged.get(name) or [], value, schema, child)
            _sort(merged[name], patch.get(_ORDER + name), child)
        else:
            child = schema.child(node, name)
            merged[name] = strategic_merge_patch(merged.get(name), value, schema, child)
    return merged


def _merged_list(items: list[Any], patch: list[Any], schema: Schema, node: SchemaNode) -> list[Any]:
    if "merge" not in str(node.get("x-kubernetes-patch-strategy", "")):
        return copy.deepcopy(patch)
    key = node.get("x-kubernetes-patch-merge-key")
    if key is None:
        return items + [entry for entry in patch if entry not in items]
    merged = list(items)
    if any(isinstance(entry, Mapping) and entry.get("$patch") == "replace" for entry in patch):
        merged, patch = [], [entry for entry in patch if entry.get("$patch") != "replace"]
    for entry in patch:
        place = next((i for i, old in enumerate(merged) if old.get(key) == entry.get(key)), None)
        if entry.get("$patch") == "delete":
            if place is not None:
                del merged[place]
        elif place is None:
            merged.append(strategic_merge_patch({}, entry, schema, schema.items(node)))
        else:
            merged[place] = strategic_merge_patch(merged[place], entry, schema, schema.items(node))
    return merged


def _sort(items: list[Any], order: list[Any] | None, node: SchemaNode) -> None:
    key = node.get("x-kubernetes-patch-merge-key")
    if order is None or key is None:
        return
    places = {entry.get(key): place for place, entry in enumerate(order)}
    items.sort(key=lambda entry: places.get(entry.get(key), len(places)))
