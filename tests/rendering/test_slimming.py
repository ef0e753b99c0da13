"""Slimming keeps what a CRD admits and drops what only people read."""

from __future__ import annotations

import copy
from typing import Any

from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.slimming import PRUNE_OVER_BYTES, compact_size, slim


def crd(schema: dict[str, Any]) -> KubernetesObject:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "things.example.org", "annotations": {"description": "kept"}},
        "spec": {
            "group": "example.org",
            "versions": [{"name": "v1", "schema": {"openAPIV3Schema": schema}}],
        },
    }


def schema_of(item: KubernetesObject) -> Any:
    spec: Any = item["spec"]
    return spec["versions"][0]["schema"]["openAPIV3Schema"]


BIG = {"description": "x", "type": "object", "enum": ["y" * PRUNE_OVER_BYTES]}


def pod(**fields: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"containers": {"type": "array"}, "big": BIG, **fields}}


LIST = {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "string"}}}}
ANYTHING = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


def test_descriptions_go_and_a_field_of_that_name_stays() -> None:
    slimmed = slim(
        crd(
            {
                "description": "goes",
                "type": "object",
                "properties": {"description": {"type": "string", "description": "goes"}},
            }
        )
    )

    assert schema_of(slimmed) == {
        "type": "object",
        "properties": {"description": {"type": "string"}},
    }
    assert slimmed["metadata"] == crd({})["metadata"]


def test_a_small_crd_keeps_its_pod_specs() -> None:
    schema = {"type": "object", "properties": {"containers": {}, "volumes": LIST}}

    assert schema_of(slim(crd(schema))) == schema


def test_pod_lists_of_a_big_crd_admit_anything() -> None:
    slimmed = schema_of(slim(crd(pod(volumes=LIST, affinity={"type": "object"}, tolerations=LIST))))

    assert slimmed["properties"]["volumes"] == {"type": "array", "items": ANYTHING}
    assert slimmed["properties"]["affinity"] == ANYTHING
    assert slimmed["properties"]["tolerations"] == LIST


def test_a_list_that_a_rule_of_a_parent_names_stays() -> None:
    schema = pod(volumes=LIST)
    schema["x-kubernetes-validations"] = [{"rule": "self.volumes.all(v, has(v.name))"}]

    assert schema_of(slim(crd(schema)))["properties"]["volumes"] == LIST


def test_a_list_with_rules_inside_stays() -> None:
    ruled = copy.deepcopy(LIST)
    ruled["items"]["x-kubernetes-validations"] = [{"rule": "self.name != ''"}]  # type: ignore[index]  # a dict

    assert schema_of(slim(crd(pod(volumes=ruled))))["properties"]["volumes"] == ruled


def test_fields_of_that_name_outside_a_pod_stay() -> None:
    schema = {"type": "object", "properties": {"big": BIG, "volumes": LIST}}

    assert schema_of(slim(crd(schema)))["properties"]["volumes"] == LIST


def test_slimming_twice_is_slimming_once() -> None:
    once = slim(crd(pod(volumes=LIST)))

    assert slim(once) == once


def test_other_kinds_are_left_alone() -> None:
    item: KubernetesObject = {"kind": "ConfigMap", "spec": {"description": "kept"}}

    assert slim(item) is item


def test_size_is_that_of_compact_json() -> None:
    assert compact_size({"a": [1, "b"]}) == len('{"a":[1,"b"]}')
