"""Schemas of kinds: what fits, what is unknown, what is filled in, and how lists merge.

Built-in kinds are checked against Kubernetes' own OpenAPI definitions (from the package
kubernetes-validate), custom ones against the structural schemas of their CRDs. CEL rules
(``x-kubernetes-validations``) are not evaluated.
"""

from __future__ import annotations

import copy
import functools
import importlib.resources
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias, cast

import jsonschema
from jsonschema import validators
from jsonschema.protocols import Validator

from localcloud.kubernetes.kinds import Kind

SchemaNode: TypeAlias = Mapping[str, Any]
Value: TypeAlias = Any
"""JSON; a schema says what may be in it."""

_PRESERVE: Final = "x-kubernetes-preserve-unknown-fields"
_MAX_PROBLEMS: Final = 5
_METADATA: Final = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


class Schema:
    """The schema of one kind in one version.

    Args:
        root: OpenAPI, with references to `definitions`.
        definitions: What references lead to.
        structural: Whether unknown fields are pruned and defaults filled in, as for CRDs.
    """

    def __init__(
        self, root: SchemaNode, definitions: Mapping[str, SchemaNode], *, structural: bool
    ) -> None:
        self.root = root
        self._definitions = definitions
        self._structural = structural

    @functools.cached_property
    def _validator(self) -> Validator:
        document = {"$defs": self._definitions, **_as_json_schema(self.root)}
        return cast("Validator", _KubernetesValidator(document))

    def problems(self, item: Value) -> list[str]:
        """What does not fit, each with its field; at most five."""
        errors = sorted(
            self._validator.iter_errors(item), key=lambda error: list(map(str, error.path))
        )
        return [_problem(error) for error in errors[:_MAX_PROBLEMS]]

    def unknown(self, item: Value) -> list[str]:
        """Paths of fields that the schema does not have."""
        return list(self._walk(self.root, item, "", remove=False))

    def prune(self, item: Value) -> None:
        """Remove fields that the schema does not have."""
        list(self._walk(self.root, item, "", remove=True))

    def fill_in(self, item: Value) -> None:
        """Set defaults where a field is missing."""
        if self._structural:
            _default(self.root, item)

    def child(self, node: SchemaNode, name: str) -> SchemaNode:
        """The schema of a field."""
        node = self.resolved(node)
        properties = node.get("properties", {})
        if name in properties:
            return self.resolved(properties[name])
        more = node.get("additionalProperties")
        return self.resolved(more) if isinstance(more, Mapping) else {}

    def items(self, node: SchemaNode) -> SchemaNode:
        """The schema of a list's items."""
        return self.resolved(self.resolved(node).get("items", {}))

    def resolved(self, node: SchemaNode) -> SchemaNode:
        """The schema behind a reference."""
        while "$ref" in node:
            node = self._definitions[node["$ref"].rsplit("/", 1)[1]]
        return node

    def _walk(self, node: SchemaNode, value: Value, path: str, *, remove: bool) -> Iterator[str]:
        node = self.resolved(node)
        if isinstance(value, list):
            items = node.get("items", {})
            for index, item in enumerate(value):
                yield from self._walk(items, item, f"{path}[{index}]", remove=remove)
            return
        if not isinstance(value, dict):
            return
        properties, more = node.get("properties"), node.get("additionalProperties")
        closed = bool(properties) and not more and not node.get(_PRESERVE)
        for name in list(value):
            field = f"{path}.{name}" if path else name
            if not path and name in {"apiVersion", "kind", "metadata"}:
                continue
            if properties and name in properties:
                yield from self._walk(properties[name], value[name], field, remove=remove)
            elif isinstance(more, Mapping):
                yield from self._walk(more, value[name], field, remove=remove)
            elif closed or (self._structural and self._closed_without_properties(node)):
                if remove:
                    del value[name]
                yield field

    def _closed_without_properties(self, node: SchemaNode) -> bool:
        return (
            node.get("type") == "object"
            and not node.get(_PRESERVE)
            and not node.get("additionalProperties")
        )


def built_in(kind: Kind, version: str) -> Schema:
    """The schema of a built-in kind in a Kubernetes version, ``1.35`` for example."""
    definitions, names = _definitions(version)
    name = names.get((kind.group, kind.version, kind.kind))
    root: SchemaNode = definitions[name] if name else {_PRESERVE: True}
    return Schema(root, definitions, structural=False)


def of_crd(crd: Mapping[str, Any], version: str) -> Schema:
    """The schema that a CRD has for one of its versions."""
    for entry in crd["spec"]["versions"]:
        if entry["name"] == version:
            root = (entry.get("schema") or {}).get("openAPIV3Schema") or {_PRESERVE: True}
            return Schema(root, {}, structural=True)
    raise KeyError(version)


def metadata_schema(version: str) -> Schema:
    """The schema of every object's metadata."""
    definitions, _ = _definitions(version)
    return Schema(definitions[_METADATA], definitions, structural=False)


@functools.lru_cache
def _definitions(
    version: str,
) -> tuple[Mapping[str, SchemaNode], Mapping[tuple[str, str, str], str]]:
    folder = importlib.resources.files("kubernetes_validate") / "kubernetes-json-schema"
    file = folder / f"v{version}.0-local" / "_definitions.json"
    definitions: dict[str, SchemaNode] = json.loads(file.read_text(encoding="utf-8"))["$defs"]
    names = {
        (entry["group"], entry["version"], entry["kind"]): name
        for name, node in definitions.items()
        for entry in node.get("x-kubernetes-group-version-kind", ())
    }
    return definitions, names


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 as CRDs write it, in the words of JSON Schema."""
    if isinstance(node, list):
        return [_as_json_schema(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    new = {key: _as_json_schema(value) for key, value in node.items() if key != "description"}
    if new.get("x-kubernetes-int-or-string") is True:
        new.pop("type", None)
        new["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    if node.get("nullable") is True and isinstance(new.get("type"), str):
        new["type"] = [new["type"], "null"]
        if "enum" in new:
            new["enum"] = [*new["enum"], None]
    return new


def _default(node: SchemaNode, value: Value) -> None:
    if isinstance(value, list):
        for item in value:
            _default(node.get("items", {}), item)
        return
    if not isinstance(value, dict):
        return
    for name, child in node.get("properties", {}).items():
        if name not in value and "default" in child:
            value[name] = copy.deepcopy(child["default"])
        if name in value:
            _default(child, value[name])
    more = node.get("additionalProperties")
    if isinstance(more, Mapping):
        for item in value.values():
            _default(more, item)


def _problem(error: jsonschema.ValidationError) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.path)
    field = path.removeprefix(".") or "<nil>"
    match error.validator:
        case "required":
            missing = re.findall(r"'([^']+)' is a required", error.message)
            field = f"{field}.{missing[0]}".removeprefix("<nil>.")
            return f"{field}: Required value"
        case "enum":
            allowed = ", ".join(map(json.dumps, cast("list[Value]", error.validator_value)))
            shown = json.dumps(error.instance)
            return f"{field}: Unsupported value: {shown}: supported values: {allowed}"
        case _:
            shown = json.dumps(error.instance, default=str)[:80]
            return f"{field}: Invalid value: {shown}: {error.message[:200]}"


def _without_nulls(properties: Any) -> Any:
    # Kubernetes takes null for "not set" in any field.
    def check(
        validator: Validator,
        schema: Mapping[str, Any],
        instance: Value,
        node: Mapping[str, Any],
    ) -> Iterator[jsonschema.ValidationError]:
        if isinstance(instance, dict):
            instance = {key: value for key, value in instance.items() if value is not None}
        yield from properties(validator, schema, instance, node)

    return check


def _pattern(
    validator: Validator,
    pattern: str,
    instance: Value,
    _: Mapping[str, Any],
) -> Iterator[jsonschema.ValidationError]:
    # CRDs are written in Go's syntax; what Python cannot compile is not checked.
    try:
        fits = not validator.is_type(instance, "string") or re.search(pattern, instance)
    except re.error:
        return
    if not fits:
        yield jsonschema.ValidationError(f"should match '{pattern}'")


_KubernetesValidator = validators.extend(  # type: ignore[no-untyped-call]  # of jsonschema
    jsonschema.Draft202012Validator,
    {
        "pattern": _pattern,
        "properties": _without_nulls(jsonschema.Draft202012Validator.VALIDATORS["properties"]),
        "format": lambda *_: iter(()),
    },
)
