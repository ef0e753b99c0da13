"""What a component lost that something needs: a render without an error proves little."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kubeflow_aws.bump.comparison import Compared
from kubeflow_aws.bump.kustomizations import read_kustomization
from kubeflow_aws.bump.named_objects import admitted_by, named_by
from kubeflow_aws.objects.kubernetes_object import CRD, ObjectKey, key_of
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.upstream.linking import KUSTOMIZATIONS


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Loss:
    """Something that a component lost, with who would miss it.

    Attributes:
        component: The component.
        what: What it lost, as a sentence about it.
    """

    component: str
    what: str


def losses_of(compared: Iterable[Compared]) -> list[Loss]:
    """What the components lost of what gates, our overlays or other objects name, or wholesale.

    An object that another component has now is not lost.
    """
    pairs = list(compared)
    after = {key_of(item) for pair in pairs for item in pair.after}
    users = _users(pairs)
    found: dict[Loss, None] = {}
    for pair in pairs:
        gone = sorted({key_of(item) for item in pair.before} - after)
        for what in [
            *_wholesale(pair, gone),
            *_gates(pair.component, gone),
            *_targets(pair, gone),
            *(f"{key}, which {users[key]} names" for key in gone if key in users),
        ]:
            found.setdefault(Loss(component=pair.component.name, what=what))
    return list(found)


def _users(pairs: Sequence[Compared]) -> dict[ObjectKey, str]:
    """Every object that another names, with one that does."""
    definitions = {
        admitted_by(item): key_of(item)
        for pair in pairs
        for item in pair.before
        if item.get("kind") == CRD
    }
    users: dict[ObjectKey, str] = {}
    for pair in pairs:
        for item in pair.after:
            user = key_of(item)
            named = list(named_by(item))
            if (user.group, user.kind) in definitions:
                named.append(definitions[user.group, user.kind])
            for key in named:
                users.setdefault(key, f"{user} of {pair.component.name}")
    return users


def _wholesale(pair: Compared, gone: Sequence[ObjectKey]) -> Iterator[str]:
    if 2 * len(gone) > len(pair.before):
        yield f"{len(gone)} of {len(pair.before)} objects"
    left = {_kind(key_of(item)) for item in pair.after}
    kinds = Counter(_kind(key_of(item)) for item in pair.before)
    lost = Counter(map(_kind, gone))
    # What went to another component is not lost.
    whole = [
        f"{kind} ({count})"
        for kind, count in sorted(kinds.items())
        if kind not in left and lost[kind] == count
    ]
    if whole:
        yield f"every {', every '.join(whole)}"


def _kind(key: ObjectKey) -> str:
    return f"{key.kind}.{key.group}" if key.group else key.kind


def _gates(component: Component, gone: Iterable[ObjectKey]) -> Iterator[str]:
    for gate in component.ready:
        for key in gone:
            if (key.kind, key.namespace, key.name) == (gate.kind, gate.namespace or "", gate.name):
                yield f"{key}, a gate of component.yaml"


def _targets(pair: Compared, gone: Iterable[ObjectKey]) -> Iterator[str]:
    """Patches whose target is gone: kustomize says nothing of one that matches nothing."""
    lost = set(gone)
    for target in _targets_below(pair.component.folder):
        before = [key for item in pair.before if _matches(target, key := key_of(item))]
        after = any(_matches(target, key_of(item)) for item in pair.after)
        if before and not after:
            yield from (
                f"{key}, the target of a patch of ours" for key in sorted(lost & set(before))
            )


def _targets_below(folder: Path) -> Iterator[Mapping[str, object]]:
    for name in KUSTOMIZATIONS:
        for file in sorted(folder.rglob(name)):
            content = read_kustomization(file)
            for patch in _mappings(content.get("patches")):
                yield from _mappings([patch.get("target")])
            for replacement in _mappings(content.get("replacements")):
                for target in _mappings(replacement.get("targets")):
                    yield from _mappings([target.get("select")])


def _mappings(values: object) -> list[Mapping[str, object]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _matches(target: Mapping[str, object], key: ObjectKey) -> bool:
    """Whether kustomize would choose an object: its fields are expressions for the whole value."""
    fields = {"group": key.group, "kind": key.kind, "namespace": key.namespace, "name": key.name}
    return any(name in target for name in fields) and all(
        re.fullmatch(str(target[name]), value) for name, value in fields.items() if target.get(name)
    )
