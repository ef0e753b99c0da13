"""Changes of objects that an API server must refuse, and changes that it must take."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject

TRIALS = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """A change of one field of an object.

    Attributes:
        before: The object.
        beside: What must be there for the change.
        status: What its status must be before the change.
        field: The field.
        value: What it becomes.
        refused: Whether the API server must refuse it.
    """

    before: KubernetesObject
    beside: Sequence[KubernetesObject]
    status: JsonValue
    field: str
    value: JsonValue
    refused: bool

    @property
    def after(self) -> KubernetesObject:
        """The object as it would be."""
        changed = copy.deepcopy(self.before)
        *path, last = self.field.split(".")
        node: dict[str, JsonValue] = changed
        for name in path:
            below = node.setdefault(name, {})
            assert isinstance(below, dict), self.field
            node = below
        node[last] = copy.deepcopy(self.value)
        return changed

    @property
    def kind(self) -> str:
        """The kind and its group, as our plans name it."""
        group = str(self.before["apiVersion"]).rpartition("/")[0]
        return f"{self.before['kind']}.{group}".rstrip(".")

    def __str__(self) -> str:
        """For the ids of tests."""
        name = self.before["metadata"]["name"]  # type: ignore[index,call-overload]  # it has one
        return f"{self.before['kind']}-{name}-{self.field}"


def immutable_trials() -> list[Trial]:
    """All trials of the file beside this module."""
    return [
        Trial(
            before=entry["object"],
            beside=entry.get("beside", ()),
            status=entry.get("status"),
            field=field,
            value=value,
            refused=verdict == "refused",
        )
        for entry in yaml.safe_load(TRIALS.read_text(encoding="utf-8"))
        for verdict in ("refused", "accepted")
        for field, value in entry.get(verdict, {}).items()
    ]
