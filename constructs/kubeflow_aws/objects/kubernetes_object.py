"""Kubernetes objects as plain data, and what identifies one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import ryaml
import yaml

from kubeflow_aws.files.errors import UserError

JsonValue: TypeAlias = str | int | float | bool | list["JsonValue"] | dict[str, "JsonValue"] | None
KubernetesObject: TypeAlias = dict[str, JsonValue]

CRD = "CustomResourceDefinition"

NAME_LABEL = "kubernetes.io/metadata.name"
"""Kubernetes sets it on every namespace ("Automatic labelling")."""

_DOCUMENT_END = re.compile(r"^---$", re.MULTILINE)
_IS_CRD = re.compile(rf"^kind: {CRD}$", re.MULTILINE)


@dataclass(frozen=True, order=True, slots=True)
class ObjectKey:
    """What Kubernetes tells two objects apart by; the version of an API is no part of it.

    Attributes:
        group: API group, empty for the core group.
        kind: For example ``Deployment``.
        namespace: Empty for objects of the cluster.
        name: The object's name.
    """

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        """Kind and path, for example ``Deployment kubeflow/ml-pipeline``."""
        path = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind}.{self.group} {path}" if self.group else f"{self.kind} {path}"


def metadata(item: KubernetesObject) -> dict[str, JsonValue]:
    """The object's metadata, empty if it has none."""
    found = item.get("metadata")
    return found if isinstance(found, dict) else {}


def key_of(item: KubernetesObject) -> ObjectKey:
    """The identity of an object."""
    meta = metadata(item)
    api_version = str(item.get("apiVersion", ""))
    return ObjectKey(
        group=api_version.rpartition("/")[0],
        kind=str(item.get("kind", "")),
        namespace=str(meta.get("namespace") or ""),
        name=str(meta.get("name", "")),
    )


def parse_objects(text: str, *, origin: str) -> list[KubernetesObject]:
    """The objects of a YAML stream, with the items of Lists taken out.

    Raises:
        UserError: A document is no Kubernetes object; the text names the origin.
    """
    objects: list[KubernetesObject] = []
    for part in _DOCUMENT_END.split(text):
        document = _load(part)
        if document is None:
            continue
        items = document["items"] if document.get("kind") == "List" else [document]
        for item in items:
            if not (item.get("apiVersion") and item.get("kind") and metadata(item).get("name")):
                raise UserError(
                    f"{origin}: a document has no apiVersion, kind or metadata.name: "
                    f"{str(item)[:120]}"
                )
            objects.append(item)
    return objects


def _load(document: str) -> dict[str, Any] | None:
    """One document.

    CRDs are nine tenths of the bytes, and a parser in Rust reads them five times as fast. It
    follows YAML 1.2, where `0644` and `on` are text; everything else goes to PyYAML, which
    reads them as Kubernetes does.
    """
    if _IS_CRD.search(document):
        return cast("dict[str, Any]", ryaml.loads(document))
    return cast("dict[str, Any] | None", yaml.load(document, yaml.CSafeLoader))  # a SafeLoader in C


def pod_template(item: KubernetesObject) -> dict[str, JsonValue] | None:
    """The pod template inside a workload, or nothing for any other kind."""
    node: JsonValue = item.get("spec")
    if item.get("kind") == "CronJob" and isinstance(node, dict):
        node = child(node, "jobTemplate", "spec")
    found = child(node, "template")
    spec = child(found, "spec")
    has_containers = isinstance(spec, dict) and "containers" in spec
    return found if isinstance(found, dict) and has_containers else None


def pod_spec(item: KubernetesObject) -> dict[str, JsonValue] | None:
    """The pod spec inside a workload, or nothing for any other kind."""
    found = child(pod_template(item), "spec")
    return found if isinstance(found, dict) else None


def with_pod_spec(item: KubernetesObject, spec: dict[str, JsonValue]) -> KubernetesObject:
    """A workload with another pod spec.

    Args:
        item: A workload; it stays as it is.
        spec: The spec of its pods.

    Raises:
        ValueError: It is no workload.
    """
    template = pod_template(item)
    if template is None:
        raise ValueError(f"{key_of(item)} holds no template of pods")
    path = ("spec", "jobTemplate", "spec") if item["kind"] == "CronJob" else ("spec",)
    return _replaced(item, (*path, "template", "spec"), spec)


def images(items: Iterable[KubernetesObject]) -> Iterator[str]:
    """Every value under a key ``image`` that is text, wherever it stands."""
    pending: list[JsonValue] = list(items)
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            image = node.get("image")
            if isinstance(image, str):
                yield image
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)


def _replaced(
    node: dict[str, JsonValue], path: tuple[str, ...], value: JsonValue
) -> dict[str, JsonValue]:
    name, *rest = path
    if not rest:
        return {**node, name: value}
    child = node[name]
    return {**node, name: _replaced(child if isinstance(child, dict) else {}, tuple(rest), value)}


def child(node: JsonValue, *path: str) -> JsonValue:
    """What stands at a path of names; None for nothing.

    Args:
        node: Where the path begins.
        path: The names.
    """
    for name in path:
        node = node.get(name) if isinstance(node, dict) else None
    return node


def mapping(node: JsonValue) -> dict[str, JsonValue]:
    """A map; an empty one for anything else."""
    return node if isinstance(node, dict) else {}


def scaled(item: KubernetesObject) -> ObjectKey | None:
    """What a HorizontalPodAutoscaler scales; None for anything else."""
    key = key_of(item)
    if key.kind != "HorizontalPodAutoscaler":
        return None
    target = mapping(child(item, "spec", "scaleTargetRef"))
    group = str(target.get("apiVersion", "")).rpartition("/")[0]
    return ObjectKey(group, str(target.get("kind")), key.namespace, str(target.get("name")))


def dicts(node: JsonValue) -> list[dict[str, JsonValue]]:
    """The maps in a list; none if it is no list."""
    return [each for each in node if isinstance(each, dict)] if isinstance(node, list) else []


def texts(node: JsonValue) -> dict[str, str]:
    """Labels or annotations; none if there are none."""
    return {key: str(value) for key, value in node.items()} if isinstance(node, dict) else {}
