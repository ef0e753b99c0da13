"""Makes CRDs small enough for a CloudFormation template without changing what they admit.

Descriptions are most of a CRD's bytes and only `kubectl explain` reads them. Where that does not
suffice, copies of the pod spec's own lists inside the CRD give way to "any object": Kubernetes
checks them all the same when the controller creates the pod.
"""

from __future__ import annotations

import json
import re
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import CRD, JsonValue, KubernetesObject

PRUNE_OVER_BYTES: Final = 48_000
"""Size of a CRD from which pod specs inside it are pruned; the smaller ones stay as they are."""

POD_LISTS: Final = ("volumes", "affinity", "initContainers", "ephemeralContainers")
"""Parts of a pod spec to prune, first step."""

CONTAINER_HOOKS: Final = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")
"""Parts of a container to prune where the first step does not suffice."""

PARTS_OF_PODS: Final = frozenset({"containers", "container", "image"})
"""Fields of pod specs, of Argo's templates (one container each) and of containers."""

_ANYTHING: Final[dict[str, JsonValue]] = {
    "type": "object",
    "x-kubernetes-preserve-unknown-fields": True,
}


def slim(item: KubernetesObject) -> KubernetesObject:
    """The object itself, or a CRD without descriptions and, if big, with pruned pod specs."""
    if item.get("kind") != CRD:
        return item
    slimmed = dict(item, spec=_without_descriptions(item.get("spec"), names_are_fields=False))
    for names in (POD_LISTS, POD_LISTS + CONTAINER_HOOKS):
        if compact_size(slimmed) > PRUNE_OVER_BYTES:
            slimmed = dict(slimmed, spec=_pruned(slimmed["spec"], names, frozenset(), []))
    return slimmed


def compact_size(item: JsonValue) -> int:
    """Bytes of the compact JSON text."""
    return len(json.dumps(item, separators=(",", ":")))


def _without_descriptions(node: JsonValue, *, names_are_fields: bool) -> JsonValue:
    """Drop every `description`, unless it is the name of a field that the CRD describes."""
    if isinstance(node, list):
        return [_without_descriptions(child, names_are_fields=False) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _without_descriptions(
            child, names_are_fields=name == "properties" and not names_are_fields
        )
        for name, child in node.items()
        if names_are_fields or name != "description"
    }


def _pruned(
    node: JsonValue, names: tuple[str, ...], ruled: frozenset[str], path: list[str]
) -> JsonValue:
    """Prune the named fields of pod specs and containers, but nothing that a CEL rule sees.

    Args:
        node: A part of the CRD.
        names: Fields to prune.
        ruled: Words in the CEL rules of the node's parents.
        path: Where the node is, for the error.
    """
    if isinstance(node, list):
        return [_pruned(child, names, ruled, path) for child in node]
    if not isinstance(node, dict):
        return node
    ruled |= frozenset(re.findall(r"\w+", json.dumps(node.get("x-kubernetes-validations", ""))))
    properties = node.get("properties")
    if not isinstance(properties, dict):
        return {name: _pruned(child, names, ruled, [*path, name]) for name, child in node.items()}
    is_pod_part = not PARTS_OF_PODS.isdisjoint(properties)
    fields: dict[str, JsonValue] = {}
    for name, schema in properties.items():
        here = [*path, name]
        if is_pod_part and name in names and name not in ruled and not _has_rules(schema):
            fields[name] = _anything_like(schema, here)
        else:
            fields[name] = _pruned(schema, names, ruled, here)
    others = {name: child for name, child in node.items() if name != "properties"}
    pruned = _pruned(others, names, ruled, path) if others else {}
    return {**(pruned if isinstance(pruned, dict) else {}), "properties": fields}


def _anything_like(schema: JsonValue, path: list[str]) -> JsonValue:
    """A schema of the same outer type that admits any content."""
    kind = schema.get("type") if isinstance(schema, dict) else None
    if kind == "array":
        return {"type": "array", "items": dict(_ANYTHING)}
    if kind == "object":
        return dict(_ANYTHING)
    raise UserError(f"{'.'.join(path)}: is neither a list nor an object, so it cannot be pruned")


def _has_rules(schema: JsonValue) -> bool:
    return "x-kubernetes-validations" in json.dumps(schema)
