"""Changes of Kubernetes objects as lines for people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from kubeflow_aws.changes.object_changes import Changes
from kubeflow_aws.changes.upgrades import Step
from kubeflow_aws.objects.kubernetes_object import CRD, ObjectKey

HOLDERS: Final = frozenset({CRD, "Namespace", "Profile"})
"""Kinds with which everything goes that users made of them or in them."""

FILES: Final = frozenset({"PersistentVolume", "PersistentVolumeClaim"})
"""Kinds that stand for users' files: without them the files cannot be reached, or are deleted."""

MOST_PATHS: Final = 6
"""More fields than these are counted: their names would hide the other objects."""


def kubectl_delete(key: ObjectKey) -> str:
    """The command that deletes an object."""
    kind = f"{key.kind.lower()}.{key.group}" if key.group else key.kind.lower()
    place = f" --namespace {key.namespace}" if key.namespace else ""
    return f"kubectl delete {kind} {key.name}{place}"


def change_lines(changes: Iterable[Changes], fate: Callable[[ObjectKey], str]) -> Iterator[str]:
    """What changes, a component after the other.

    Args:
        changes: The changes.
        fate: What becomes of an object that is removed.
    """
    for each in changes:
        counts = {
            "added": len(each.added),
            "changed": len(each.changed),
            "removed": len(each.removed),
        }
        said = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        yield f"{each.component}: {said}"
        yield from (f"  + {key}" for key in each.added)
        for changed in each.changed:
            yield f"  {'!' if changed.refused else '~'} {changed.key}"
            if changed.refused:
                yield f"      cannot change: {_some(changed.refused)}"
                yield f"      {_way_out(changed.key)}"
            else:
                yield f"      {_some(changed.paths)}"
        yield from (f"  - {key}: {fate(key)}" for key in each.removed)


def step_lines(steps: Sequence[Step]) -> Iterator[str]:
    """What upstream says must be done by hand, first what comes before the deployment."""
    for step in sorted(steps, key=lambda step: step.note.when == "after"):
        note = step.note
        moment = "" if note.when == "before" else " (after the deployment)"
        yield f"{note.subject}{moment}: {note.why}"
        yield f"  {note.source}"
        if note.keep:
            yield f"  keep: {' '.join(note.keep.split())}"
        yield from (f"  {kubectl_delete(parse_key(item))}" for item in step.deployed)


def parse_key(text: str) -> ObjectKey:
    """An object from how our plans name it, for example ``Deployment.apps kubeflow/minio``."""
    kind, _, path = text.partition(" ")
    kind, _, group = kind.partition(".")
    namespace, _, name = path.rpartition("/")
    return ObjectKey(group=group, kind=kind, namespace=namespace, name=name)


def _way_out(key: ObjectKey) -> str:
    if key.kind in HOLDERS:
        return "do not delete it: docs/operations/upgrade.md, What Kubernetes refuses"
    if key.kind in FILES:
        return "do not delete it, for it holds files: change the deployment file back"
    return f"delete it first: {kubectl_delete(key)}"


def _some(paths: Sequence[str]) -> str:
    more = len(paths) - MOST_PATHS
    return ", ".join(paths[:MOST_PATHS]) + (f" and {more} more fields" if more > 0 else "")
