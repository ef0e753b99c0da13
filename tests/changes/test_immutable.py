"""The table of what stays as it was made: that it is whole, and how it is read.

tests/platform/test_immutable_fields.py tries the same changes on a real API server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from kubeflow_aws.changes.immutable import (
    ImmutableKind,
    immutable_fields_of,
    immutable_table,
    refused_changes,
)
from kubeflow_aws.changes.object_changes import changes_of
from kubeflow_aws.objects.kubernetes_object import CRD, KubernetesObject, key_of
from tests.support.assembly import Assembly, CheckedAssembly
from tests.support.immutable_trials import Trial, immutable_trials

TRIALS = immutable_trials()
OF_ADDONS = {"SecretProviderClass.secrets-store.csi.x-k8s.io"}
"""Custom kinds whose definitions an add-on of EKS brings."""

NOT_UNDERSTOOD = {
    # Whether there are replicas; no pool of ours has any.
    "has(self.replicas) == has(oldSelf.replicas)",
}


@pytest.mark.parametrize("trial", TRIALS, ids=str)
def test_the_table_decides_as_the_api_server(trial: Trial) -> None:
    assert bool(refused_changes(trial.before, trial.after)) is trial.refused


@pytest.mark.parametrize("row", immutable_table().kinds, ids=lambda row: row.kind)
def test_every_field_of_the_table_is_tried(row: ImmutableKind) -> None:
    def tried(field: str, *, refused: bool) -> bool:
        return any(
            trial.kind == row.kind
            and trial.refused is refused
            and f"{trial.field}.".startswith(f"{field}.")
            for trial in TRIALS
        )

    excepted = [f"{row.below}.{each}".replace("[].image", "") for each in row.excepted]
    stays = (*row.fields, *row.kept, *row.sealed)
    assert [field for field in stays if not tried(field, refused=True)] == []
    changes = (*excepted, *row.once, *row.defaults)
    assert [field for field in changes if not tried(field, refused=False)] == []


@pytest.mark.parametrize("kind", immutable_table().changeable)
def test_every_kind_that_may_change_is_tried(kind: str) -> None:
    assert any(trial.kind == kind and not trial.refused for trial in TRIALS)


def test_no_kind_stands_in_the_table_twice() -> None:
    kinds = [*(row.kind for row in immutable_table().kinds), *immutable_table().changeable]

    assert len(kinds) == len(set(kinds))


def kinds_of_kubernetes(assembly: Assembly) -> set[str]:
    """The kinds of all objects but those whose kind is defined by another of them."""
    items = list(assembly.objects())
    custom = {
        cast("dict[str, Any]", item["spec"])["group"] for item in items if item["kind"] == CRD
    }
    keys = [key_of(item) for item in items]
    return {f"{key.kind}.{key.group}".rstrip(".") for key in keys if key.group not in custom}


def test_every_kind_that_we_apply_is_in_the_table(
    data_plane_assembly: Assembly, option: Callable[[str], CheckedAssembly]
) -> None:
    applied = kinds_of_kubernetes(data_plane_assembly)
    applied |= kinds_of_kubernetes(option("vanilla").assembly)

    table = immutable_table()

    known = {row.kind for row in table.kinds} | set(table.changeable)
    assert applied - known == OF_ADDONS


@pytest.mark.upstream
def test_every_rule_of_upstream_on_what_a_field_was_is_understood(
    upstream_default_assembly: Assembly,
) -> None:
    definitions = [item for item in upstream_default_assembly.objects() if item["kind"] == CRD]

    understood = sum(
        len(fields) for item in definitions for fields in immutable_fields_of(item).values()
    )
    rules = [rule for item in definitions for rule in transition_rules(item)]

    assert understood == len([rule for rule in rules if rule not in NOT_UNDERSTOOD]) > 0
    assert set(rules) >= NOT_UNDERSTOOD


def transition_rules(node: object) -> list[str]:
    """The rules anywhere in a definition that compare something with what it was."""
    if isinstance(node, list):
        return [rule for each in node for rule in transition_rules(each)]
    if not isinstance(node, dict):
        return []
    rule = node.get("rule")
    own = [rule] if isinstance(rule, str) and "oldSelf" in rule else []
    return own + [rule for each in node.values() for rule in transition_rules(each)]


class TestCustomKinds:
    """Their definitions say what stays."""

    def definition(self, rule: str, *, version: str = "v1") -> KubernetesObject:
        reference = {
            "type": "object",
            "properties": {"kind": {"type": "string"}, "name": {"type": "string"}},
            "x-kubernetes-validations": [{"rule": rule}],
        }
        spec = {"type": "object", "properties": {"ref": reference}}
        schema = {"type": "object", "properties": {"spec": spec}}
        names = {"kind": "Pool", "plural": "pools"}
        versions = [{"name": version, "schema": {"openAPIV3Schema": schema}}]
        return {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": CRD,
            "metadata": {"name": "pools.example.com"},
            "spec": cast("Any", {"group": "example.com", "names": names, "versions": versions}),
        }

    def pool(self, **reference: str) -> KubernetesObject:
        return {
            "apiVersion": "example.com/v1",
            "kind": "Pool",
            "metadata": {"name": "one"},
            "spec": {"ref": dict(reference)} if reference else {},
        }

    @pytest.mark.parametrize(
        ("rule", "after", "refused"),
        [
            ("self == oldSelf", {"kind": "A", "name": "b"}, ["spec.ref.name"]),
            ("self.kind == oldSelf.kind", {"kind": "B", "name": "a"}, ["spec.ref.kind"]),
            ("self.kind == oldSelf.kind", {"kind": "A", "name": "b"}, []),
            ("self.name != ''", {"kind": "A", "name": "b"}, []),
        ],
    )
    def test_a_rule_on_what_a_field_was_is_kept(
        self, rule: str, after: dict[str, str], refused: list[str]
    ) -> None:
        before = {"c": [self.definition(rule), self.pool(kind="A", name="a")]}
        later = {"c": [self.definition(rule), self.pool(**after)]}

        [changes] = changes_of(before, later)

        assert [list(each.refused) for each in changes.changed] == [refused]

    def test_a_field_that_was_not_there_may_come(self) -> None:
        rule = self.definition("self == oldSelf")

        [changes] = changes_of(
            {"c": [rule, self.pool()]}, {"c": [rule, self.pool(kind="A", name="a")]}
        )

        assert [list(each.refused) for each in changes.changed] == [[]]

    def test_a_rule_of_another_version_says_nothing(self) -> None:
        rule = self.definition("self == oldSelf", version="v2")

        [changes] = changes_of(
            {"c": [rule, self.pool(kind="A", name="a")]},
            {"c": [rule, self.pool(kind="A", name="b")]},
        )

        assert [list(each.refused) for each in changes.changed] == [[]]


def test_a_service_that_was_only_a_name_may_get_an_address() -> None:
    before: KubernetesObject = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "one", "namespace": "a"},
        "spec": {"type": "ExternalName", "externalName": "b.example.com"},
    }
    after: KubernetesObject = {**before, "spec": {"type": "ClusterIP", "clusterIP": "None"}}

    assert refused_changes(before, after) == []
