"""Every component in every variant, from the old sources and from the new, object by object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kubeflow_aws.changes.object_changes import Changed, Changes, changes_of
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, ObjectKey, key_of
from kubeflow_aws.rendering.component import Component

_ELSEWHERE = ""
"""Stands for all other components; none has this name."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Compared:
    """One variant of a component, rendered from the old sources and from the new.

    Attributes:
        component: The component, as it is now.
        before: Its objects from the old sources.
        after: Its objects from the new ones.
    """

    component: Component
    before: Sequence[KubernetesObject]
    after: Sequence[KubernetesObject]


def changes_between(compared: Iterable[Compared]) -> list[Changes]:
    """The components whose objects differ, with what differs in any of their variants.

    An object that moves from one component to another counts as neither added nor removed.
    """
    pairs = list(compared)
    before = [(pair.component.name, _by_key(pair.before)) for pair in pairs]
    after = [(pair.component.name, _by_key(pair.after)) for pair in pairs]
    merged: dict[str, list[Changes]] = {}
    for pair in pairs:
        name = pair.component.name
        old = {name: pair.before, _ELSEWHERE: _from_others(name, before, pair.before, pair.after)}
        new = {name: pair.after, _ELSEWHERE: _from_others(name, after, pair.after, pair.before)}
        for changes in changes_of(old, new):
            if changes.component == name:
                merged.setdefault(name, []).append(changes)
    return [_merged(name, each) for name, each in sorted(merged.items())]


def _from_others(
    name: str,
    others: Iterable[tuple[str, Mapping[ObjectKey, KubernetesObject]]],
    mine: Iterable[KubernetesObject],
    wanted: Iterable[KubernetesObject],
) -> list[KubernetesObject]:
    """What another component has of the objects that are wanted and that are not among mine."""
    missing = {key_of(item) for item in wanted} - {key_of(item) for item in mine}
    found: dict[ObjectKey, KubernetesObject] = {}
    for other, objects in others:
        if other != name:
            found |= {key: objects[key] for key in missing & objects.keys()}
    return list(found.values())


def _by_key(objects: Iterable[KubernetesObject]) -> dict[ObjectKey, KubernetesObject]:
    return {key_of(item): item for item in objects}


def _merged(name: str, variants: Sequence[Changes]) -> Changes:
    changed: dict[ObjectKey, Changed] = {}
    for changes in variants:
        for each in changes.changed:
            there = changed.setdefault(each.key, each)
            changed[each.key] = Changed(
                key=each.key,
                paths=sorted({*there.paths, *each.paths}),
                refused=sorted({*there.refused, *each.refused}),
            )
    return Changes(
        component=name,
        added=sorted({key for changes in variants for key in changes.added}),
        changed=[changed[key] for key in sorted(changed)],
        removed=sorted({key for changes in variants for key in changes.removed}),
    )
