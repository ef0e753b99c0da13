"""Merges into objects: patches, and what is applied.

No schema is known here. A list whose items all have names of their own is merged by these names
(containers, environment variables, volumes, webhooks), any other is replaced as a whole. Other
keys of lists, and directives of a strategic merge patch but ``$patch: delete``, are asked of a
real control plane.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import jsonpatch

from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.trees import Tree

_GONE: Final = {"$patch": "delete"}


def json_patch(item: Tree, operations: list[dict[str, Any]]) -> Tree:
    """Apply a JSON patch (RFC 6902).

    Raises:
        ApiError: If it does not fit the object.
    """
    try:
        patched: Tree = jsonpatch.apply_patch(item, operations)
    except (jsonpatch.JsonPatchException, jsonpatch.JsonPointerException) as error:
        raise ApiError(422, "Invalid", f"the server rejected our request: {error}") from error
    return patched


def merge_patch(item: Any, patch: Any, *, by_name: bool = False) -> Any:
    """Apply a JSON merge patch (RFC 7386); by name, a strategic one as far as it goes here."""
    if by_name:
        ours, theirs = _named(item), _named(patch)
        if ours is not None and theirs is not None:
            merged = {**ours, **{name: {"name": name} for name in theirs if name not in ours}}
            for name, value in theirs.items():
                if value.items() >= _GONE.items():
                    del merged[name]
                else:
                    merged[name] = merge_patch(merged[name], value, by_name=True)
            return list(merged.values())
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(item) if isinstance(item, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        elif not (by_name and name.startswith("$")):
            merged[name] = merge_patch(merged.get(name), value, by_name=by_name)
    return merged


def apply(live: Any, before: Any, wanted: Any) -> Any:
    """What becomes of an object that is applied.

    Args:
        live: As it is.
        before: What was applied of it before; what left it since goes.
        wanted: What is applied now; the rest of the object stays.
    """
    if isinstance(wanted, Mapping):
        return _applied(_tree(live), _tree(before), wanted)
    ours, theirs, old = _named(live), _named(wanted), _named(before) or {}
    if ours is None or theirs is None:
        return wanted
    kept = {name: item for name, item in ours.items() if name in theirs or name not in old}
    return list(_applied(kept, old, theirs).values())


def _applied(live: Tree, before: Tree, wanted: Mapping[str, Any]) -> Tree:
    merged = {
        name: apply(live.get(name), before.get(name), value) for name, value in wanted.items()
    }
    for name, value in live.items():
        if name in wanted:
            continue
        if name not in before:
            merged[name] = value
        elif isinstance(value, dict | list):
            # Somebody else may have put more into it than was applied.
            left = apply(value, before[name], type(value)())
            if left:
                merged[name] = left
    return merged


def _tree(value: Any) -> Tree:
    return value if isinstance(value, dict) else {}


def _named(value: Any) -> dict[str, Tree] | None:
    """A list's items by their names; None if it is no list of items with names of their own."""
    if not isinstance(value, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in value
    ):
        return None
    items = {item["name"]: item for item in value}
    return items if len(items) == len(value) else None
