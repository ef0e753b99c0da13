"""Server-side apply: which manager owns which fields (Kubernetes docs, "Server-Side Apply").

A field is a path of elements as ``managedFields`` writes them: ``f:NAME`` for a field of an object,
``k:{...}`` for an item of a list with keys, ``v:VALUE`` for a member of a set. An item that a
manager put into a list is the path that ends with ``.``.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from localcloud.kubernetes.schema import Schema, SchemaNode

Path: TypeAlias = tuple[str, ...]
FieldSet: TypeAlias = frozenset[Path]

_ITSELF: Final = "."
_IDENTITY: Final = frozenset({("f:apiVersion",), ("f:kind",)})
_OWN_METADATA: Final = ("annotations", "finalizers", "labels", "ownerReferences")
_MISSING: Final = object()


def fields_of(item: Mapping[str, Any], schema: Schema, metadata: Schema) -> FieldSet:
    """The fields that an object has: its identity and what the server sets do not count."""
    body = {key: value for key, value in item.items() if key != "metadata"}
    own = {key: item["metadata"][key] for key in _OWN_METADATA if key in item["metadata"]}
    own_fields = _leaves(own, metadata, metadata.root, ()) if own else ()
    return frozenset(
        {
            *_leaves(body, schema, schema.root, ()),
            *(("f:metadata", *path) for path in own_fields),
        }
        - _IDENTITY
    )


def merged(live: Any, applied: Any, schema: Schema, node: SchemaNode) -> Any:
    """The live value with an applied one laid over it: lists merge as the schema says."""
    if isinstance(applied, Mapping) and isinstance(live, Mapping) and not _is_atomic(node):
        result = dict(live)
        for name, value in applied.items():
            result[name] = merged(live.get(name), value, schema, schema.child(node, name))
        return result
    if isinstance(applied, list) and isinstance(live, list):
        keys = _keys(node)
        if keys:
            return _merged_items(live, applied, keys, schema, node)
        if _is_set(node):
            return live + [value for value in applied if value not in live]
    return copy.deepcopy(applied)


def without(item: dict[str, Any], fields: FieldSet, kept: FieldSet) -> None:
    """Remove fields from an object, and what they leave empty.

    Args:
        item: Changed in place.
        fields: What goes. An item of a list goes as a whole, unless something of it is kept.
        kept: What somebody still owns.
    """
    for path in sorted(fields, key=len):
        place = path[:-1]
        if path[-1] == _ITSELF and not any(other[: len(place)] == place for other in kept):
            _remove(item, place)
    for path in sorted(fields - kept, key=len, reverse=True):
        if path[-1] != _ITSELF and not _is_key(path):
            _remove(item, path)


def differing(
    left: Mapping[str, Any], right: Mapping[str, Any], fields: Iterable[Path]
) -> FieldSet:
    """Those of the fields whose values differ in two objects."""
    return frozenset(path for path in fields if value_at(left, path) != value_at(right, path))


def value_at(item: Any, path: Path) -> Any:
    """The value of a field, or a sentinel that equals nothing else."""
    for element in path:
        if element == _ITSELF:
            return True
        item = _step(item, element)
        if item is _MISSING:
            return _MISSING
    return item


def dotted(path: Path) -> str:
    """A field as messages name it: ``.spec.containers[name="x"].image``."""
    text = ""
    for element in path:
        kind, _, rest = element.partition(":")
        if kind == "f":
            text += f".{rest}"
        elif kind == "k":
            pairs = ",".join(
                f"{key}={json.dumps(value)}" for key, value in json.loads(rest).items()
            )
            text += f"[{pairs}]"
        elif kind == "v":
            text += f"[={rest}]"
    return text


def written(fields: FieldSet) -> dict[str, Any]:
    """A field set as ``fieldsV1`` writes it."""
    tree: dict[str, Any] = {}
    for path in sorted(fields):
        place = tree
        for element in path:
            place = place.setdefault(element, {})
    return tree


def read(tree: Mapping[str, Any], prefix: Path = ()) -> Iterator[Path]:
    """The paths of a ``fieldsV1``."""
    for element, child in tree.items():
        if child:
            yield from read(child, (*prefix, element))
        else:
            yield (*prefix, element)


def _leaves(value: Any, schema: Schema, node: SchemaNode, path: Path) -> Iterator[Path]:
    if isinstance(value, Mapping) and value and not _is_atomic(node):
        for name, child in value.items():
            if child is not None:
                yield from _leaves(child, schema, schema.child(node, name), (*path, f"f:{name}"))
        return
    if isinstance(value, list) and value:
        keys = _keys(node)
        if keys:
            for item in value:
                place = (*path, _key(item, keys))
                yield (*place, _ITSELF)
                yield from _leaves(item, schema, schema.items(node), place)
            return
        if _is_set(node):
            for item in value:
                yield (*path, f"v:{json.dumps(item)}")
            return
    yield path


def _merged_items(
    live: list[Any], applied: list[Any], keys: tuple[str, ...], schema: Schema, node: SchemaNode
) -> list[Any]:
    result = list(live)
    places = {_key(item, keys): place for place, item in enumerate(live)}
    for item in applied:
        place = places.get(_key(item, keys))
        if place is None:
            result.append(copy.deepcopy(item))
        else:
            result[place] = merged(result[place], item, schema, schema.items(node))
    return result


def _is_atomic(node: SchemaNode) -> bool:
    return node.get("x-kubernetes-map-type") == "atomic"


def _is_set(node: SchemaNode) -> bool:
    if "x-kubernetes-list-type" in node:
        return bool(node["x-kubernetes-list-type"] == "set")
    return node.get("x-kubernetes-patch-strategy") == "merge"


def _keys(node: SchemaNode) -> tuple[str, ...]:
    if node.get("x-kubernetes-list-type") == "map":
        return tuple(node.get("x-kubernetes-list-map-keys", ()))
    if "x-kubernetes-list-type" not in node and "x-kubernetes-patch-merge-key" in node:
        return (str(node["x-kubernetes-patch-merge-key"]),)
    return ()


def _key(item: Mapping[str, Any], keys: tuple[str, ...]) -> str:
    # The port of a Service or a container is TCP unless it says otherwise.
    defaults = {"protocol": "TCP"}
    values = {key: item.get(key, defaults.get(key)) for key in keys}
    return f"k:{json.dumps(values, sort_keys=True)}"


def _step(item: Any, element: str) -> Any:
    kind, _, rest = element.partition(":")
    if kind == "f":
        return item.get(rest, _MISSING) if isinstance(item, Mapping) else _MISSING
    if not isinstance(item, list):
        return _MISSING
    if kind == "v":
        value = json.loads(rest)
        return value if value in item else _MISSING
    keys = tuple(json.loads(rest))
    return next((entry for entry in item if _key(entry, keys) == element), _MISSING)


def _is_key(path: Path) -> bool:
    """Whether a field is one of those that tell the items of its list apart."""
    kind, _, keys = path[-2].partition(":") if len(path) > 1 else ("", "", "")
    return kind == "k" and path[-1].removeprefix("f:") in json.loads(keys)


def _remove(item: Any, path: Path) -> None:
    *parents, last = path
    holder = value_at(item, tuple(parents))
    if isinstance(holder, dict):
        holder.pop(last.partition(":")[2], None)
    elif isinstance(holder, list):
        gone = _step(holder, last)
        if gone in holder:
            holder.remove(gone)
    if not holder and parents and holder is not _MISSING:
        _remove(item, tuple(parents))
