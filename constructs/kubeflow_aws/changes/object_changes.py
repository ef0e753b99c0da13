"""How two sets of Kubernetes objects differ, object by object and field by field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from kubeflow_aws.changes.differences import paths_that_differ
from kubeflow_aws.changes.immutable import immutable_fields_of, refused_changes, stored_versions
from kubeflow_aws.objects.kubernetes_object import CRD, KubernetesObject, ObjectKey, child, key_of

Components = Mapping[str, Sequence[KubernetesObject]]
"""Objects by the component that applies them."""

_Api: TypeAlias = tuple[str, str]


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
    # A definition is applied before what it defines: the new one decides.
    custom = _immutable_fields({**old, **new})
    found = []
    for component in sorted(before.keys() | after.keys()):
        mine = [key_of(item) for item in after.get(component, ())]
        changes = Changes(
            component=component,
            added=sorted(key for key in mine if key not in old),
            changed=[
                changed
                for key in sorted(mine)
                if key in old and (changed := _changed(key, old[key], new[key], custom))
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


def _immutable_fields(items: Mapping[ObjectKey, KubernetesObject]) -> dict[_Api, list[str]]:
    """What the definitions among the objects keep, by API version and kind."""
    found = {}
    for key, item in items.items():
        if key.kind == CRD:
            group, kind = child(item, "spec", "group"), child(item, "spec", "names", "kind")
            for version, fields in immutable_fields_of(item).items():
                found[f"{group}/{version}", str(kind)] = fields
    return found


def _changed(
    key: ObjectKey,
    before: KubernetesObject,
    after: KubernetesObject,
    custom: Mapping[_Api, Sequence[str]],
) -> Changed | None:
    paths = sorted(set(paths_that_differ(before, after)))
    if not paths:
        return None
    fields = custom.get((str(after.get("apiVersion")), key.kind), ())
    refused = [*refused_changes(before, after, fields), *stored_versions(before, after)]
    return Changed(key=key, paths=paths, refused=refused)
