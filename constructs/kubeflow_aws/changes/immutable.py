"""Which changes of an object Kubernetes refuses, so that it must be deleted first.

For Kubernetes' own kinds the table `immutable.yaml` says so; for custom ones their definitions do,
by rules that compare a field with what it was. What a webhook refuses, neither knows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kubeflow_aws.changes.differences import is_empty, paths_that_differ
from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.objects.kubernetes_object import CRD, JsonValue, KubernetesObject, child, key_of

TABLE: Final = Path(__file__).with_name("immutable.yaml")
_INDEX: Final = re.compile(r"\[\d+\]")
_STAYS: Final = re.compile(r"self((?:\.\w+)*) == oldSelf\1")


class ImmutableKind(BaseModel):
    """What stays as it was made in objects of one kind; the table's head explains the fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="The kind and its group, as our plans name it.")
    source: str
    fields: tuple[str, ...] = ()
    below: str | None = None
    excepted: tuple[str, ...] = Field(default=(), alias="except")
    once: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    unless: Mapping[str, str] = {}
    sealed: tuple[str, ...] = ()
    defaults: Mapping[str, str | int | bool | list[str]] = {}

    def refuses(self, path: str, before: KubernetesObject, after: KubernetesObject) -> bool:
        """Whether a change is refused.

        Args:
            path: A field that differs.
            before: The object as it is in the cluster.
            after: The object as it would be.
        """
        free = any(
            value in (child(before, *field.split(".")), child(after, *field.split(".")))
            for field, value in self.unless.items()
        )
        if free or self._only_writes_out_a_default(path, before, after):
            return False
        unset = [field for field in self.once if is_empty(child(before, *field.split(".")))]
        if _is_below(path, unset):
            return False
        kept = [field for field in self.kept if not is_empty(child(after, *field.split(".")))]
        sealed = self.sealed if before.get("immutable") is True else ()
        return _is_below(path, (*self.fields, *kept, *sealed)) or self._is_among_the_others(path)

    def _is_among_the_others(self, path: str) -> bool:
        if self.below is None or not _is_below(path, (self.below,)):
            return False
        return not _is_below(path, [f"{self.below}.{each}" for each in self.excepted])

    def _only_writes_out_a_default(
        self, path: str, before: KubernetesObject, after: KubernetesObject
    ) -> bool:
        return any(
            _is_below(path, (field,))
            and _given(before, field, default) == _given(after, field, default)
            for field, default in self.defaults.items()
        )


class ImmutableTable(BaseModel):
    """The table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[ImmutableKind, ...]
    changeable: tuple[str, ...] = Field(description="Kinds of which anything may change.")


@cache
def immutable_table() -> ImmutableTable:
    """The table of this package."""
    return read_data_file(TABLE, TypeAdapter(ImmutableTable))


@cache
def _rows() -> Mapping[str, ImmutableKind]:
    return {row.kind: row for row in immutable_table().kinds}


def refused_changes(
    before: KubernetesObject, after: KubernetesObject, custom: Iterable[str] = ()
) -> list[str]:
    """Those of the fields that differ which Kubernetes lets nobody change.

    Args:
        before: The object as it is in the cluster.
        after: The object as it would be.
        custom: Fields that its definition keeps as they were made (`immutable_fields_of`).
    """
    key = key_of(before)
    row = _rows().get(f"{key.kind}.{key.group}".rstrip("."))
    custom = tuple(custom)
    if row is None and not custom:
        return []
    return [
        path
        for path in sorted(set(paths_that_differ(before, after)))
        if (row is not None and row.refuses(path, before, after))
        or (_is_below(path, custom) and not _is_new(path, before, custom))
    ]


def immutable_fields_of(definition: KubernetesObject) -> dict[str, list[str]]:
    """The fields that a definition of a custom kind keeps as they were made, by its versions.

    Understood are rules that compare a field, or one below it, with what it was; a rule that says
    more says nothing here.

    Args:
        definition: A CustomResourceDefinition.
    """
    found = {}
    versions = child(definition, "spec", "versions")
    for version in versions if isinstance(versions, list) else ():
        schema = child(version, "schema", "openAPIV3Schema")
        fields = sorted(_transition_fields(schema, ""))
        if fields:
            found[str(child(version, "name"))] = fields
    return found


def _transition_fields(schema: JsonValue, path: str) -> Iterator[str]:
    if not isinstance(schema, dict):
        return
    rules = schema.get("x-kubernetes-validations")
    for rule in rules if isinstance(rules, list) else ():
        text = str(child(rule, "rule")).strip()
        if match := _STAYS.fullmatch(text):
            yield f"{path}{match[1]}".lstrip(".")
    properties = schema.get("properties")
    for name, below in (properties if isinstance(properties, dict) else {}).items():
        yield from _transition_fields(below, f"{path}.{name}".lstrip("."))
    yield from _transition_fields(schema.get("items"), f"{path}[]")


def stored_versions(before: KubernetesObject, after: KubernetesObject) -> list[str]:
    """The versions that a CRD loses, which Kubernetes refuses while objects are stored in them.

    Args:
        before: The object as it is in the cluster.
        after: The object as it would be.
    """
    if before.get("kind") != CRD:
        return []
    return [f"spec.versions[{name}]" for name in sorted(_versions(before) - _versions(after))]


def _versions(definition: KubernetesObject) -> set[str]:
    versions = child(definition, "spec", "versions")
    return {
        str(child(version, "name")) for version in (versions if isinstance(versions, list) else ())
    }


def _given(item: KubernetesObject, field: str, default: object) -> object:
    value = child(item, *field.split("."))
    return default if is_empty(value) else value


def _is_new(path: str, before: KubernetesObject, fields: Iterable[str]) -> bool:
    """Whether a rule does not hold yet: it needs a value to compare with."""
    roots = [field for field in fields if _is_below(path, (field,))]
    return all("[]" not in root and child(before, *root.split(".")) is None for root in roots)


def _is_below(path: str, roots: Iterable[str]) -> bool:
    path = _INDEX.sub("[]", path)
    return any(path == root or path.startswith((f"{root}.", f"{root}[")) for root in roots)
