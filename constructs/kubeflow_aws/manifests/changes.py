"""How two sets of Kubernetes objects differ, object by object and field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kubeflow_aws.manifests.immutable import immutable_paths, stored_versions
from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject, ObjectKey, key_of

Components = Mapping[str, Sequence[KubernetesObject]]
"""Objects by the component that applies them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """An object that both sets have, and that is not the same.

    Attributes:
        key: The object.
        paths: Fields that differ.
        refused: Those that Kubernetes lets nobody change: delete the object first.
    """

    key: ObjectKey
    paths: Sequence[str]
    refused: Sequence[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What one set has and another has not.

    Attributes:
        component: The component that applies the objects.
        added: Objects that only the second set has.
        changed: Objects that differ.
        removed: Objects that only the first set has.
    """

    component: str
    added: Sequence[ObjectKey]
    changed: Sequence[Changed]
    removed: Sequence[ObjectKey]


def changes_of(before: Components, after: Components) -> list[Changes]:
    """The components whose objects differ, by name, with what differs.

    An object that moves from one component to another counts as neither added nor removed.
    """
    old = _by_key(before)
    new = _by_key(after)
    found = []
    for component in sorted(before.keys() | after.keys()):
        mine = [key_of(item) for item in after.get(component, ())]
        changes = Changes(
            component=component,
            added=sorted(key for key in mine if key not in old),
            changed=[
                changed
                for key in sorted(mine)
                if key in old and (changed := _changed(key, old[key], new[key]))
            ],
            removed=sorted(
                key for item in before.get(component, ()) if (key := key_of(item)) not in new
            ),
        )
        if changes.added or changes.changed or changes.removed:
            found.append(changes)
    return found


def _by_key(components: Components) -> dict[ObjectKey, KubernetesObject]:
    return {key_of(item): item for items in components.values() for item in items}


def _changed(key: ObjectKey, before: KubernetesObject, after: KubernetesObject) -> Changed | None:
    paths = sorted(set(paths_that_differ(before, after)))
    if not paths:
        return None
    refused = [*immutable_paths(before, paths), *stored_versions(before, after)]
    return Changed(key=key, paths=paths, refused=refused)


def paths_that_differ(before: JsonValue, after: JsonValue, path: str = "") -> Iterator[str]:
    """The deepest fields that differ; lists of unequal length differ as a whole.

    Args:
        before: One value.
        after: The other.
        path: Where they stand.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            below = f"{path}.{name}".lstrip(".")
            yield from paths_that_differ(before.get(name), after.get(name), below)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for index, (first, second) in enumerate(zip(before, after, strict=True)):
            yield from paths_that_differ(first, second, f"{path}[{index}]")
    elif before != after:
        yield path
