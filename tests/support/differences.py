"""How two sets of Kubernetes objects differ, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject, key_of


@dataclass(frozen=True)
class Differences:
    """What one set has and another has not.

    Attributes:
        removed: Objects that only the first has.
        added: Objects that only the second has.
        changed: Paths of fields that differ, for objects that both have.
    """

    removed: set[str]
    added: set[str]
    changed: dict[str, set[str]]


def differences(
    before: Iterable[KubernetesObject], after: Iterable[KubernetesObject]
) -> Differences:
    """Compare two sets of objects by their keys."""
    first = {str(key_of(item)): item for item in before}
    second = {str(key_of(item)): item for item in after}
    return Differences(
        removed=first.keys() - second.keys(),
        added=second.keys() - first.keys(),
        changed={
            key: paths
            for key in first.keys() & second.keys()
            if (paths := set(_paths(first[key], second[key], "")))
        },
    )


def _paths(before: JsonValue, after: JsonValue, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            yield from _paths(before.get(name), after.get(name), f"{path}.{name}".lstrip("."))
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (first, second) in enumerate(zip(before, after, strict=True)):
            yield from _paths(first, second, f"{path}[{index}]")
    elif before != after:
        yield path
