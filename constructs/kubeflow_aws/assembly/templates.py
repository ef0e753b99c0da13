"""Reads a cloud assembly and counts what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubeflow_aws.files.errors import UserError

MANIFEST_TYPE = "Custom::AWSCDK-EKS-KubernetesResource"
NESTED_TYPE = "AWS::CloudFormation::Stack"
GATE_TYPE = "Custom::AWSCDK-EKS-KubernetesObjectValue"

UNRESOLVED: Final = "${token}"
"""Stands for what only CloudFormation knows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateSummary:
    """One template, nested ones included.

    Attributes:
        name: Stack name; for a nested stack its path below the parent.
        nested: Whether it is a nested stack.
        resources: Number of resources.
        size_bytes: Size of the template file.
        packs: Number of KubernetesManifest resources.
        objects: Number of Kubernetes objects in them.
        gates: Number of readiness gates.
    """

    name: str
    nested: bool
    resources: int
    size_bytes: int
    packs: int
    objects: int
    gates: int


def summarize(assembly: Path) -> list[TemplateSummary]:
    """Every template of a cloud assembly, stacks before their nested stacks.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    stack_artifacts(assembly)
    return [_summary(file, parent) for file, parent in _templates(assembly)]


def stack_artifacts(assembly: Path) -> dict[str, dict[str, Any]]:
    """The stacks in the manifest of a cloud assembly, or of a pipeline's stage in one, by id.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    file = assembly / "manifest.json"
    if not file.is_file():
        raise UserError(f"{assembly}: holds no cloud assembly; run make synth")
    artifacts = json.loads(file.read_text(encoding="utf-8"))["artifacts"]
    return {
        name: artifact
        for name, artifact in artifacts.items()
        if artifact["type"] == "aws:cloudformation:stack"
    }


def objects_in(template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The Kubernetes objects that a template applies; tokens stand as `UNRESOLVED`."""
    for resource in template.get("Resources", {}).values():
        if resource["Type"] == MANIFEST_TYPE:
            manifest = resource["Properties"]["Manifest"]
            if isinstance(manifest, dict):
                parts = manifest["Fn::Join"][1]
                manifest = "".join(part if isinstance(part, str) else UNRESOLVED for part in parts)
            yield from json.loads(manifest)


def _templates(assembly: Path) -> Iterator[tuple[Path, str]]:
    """Each template and, for a nested stack, the name of its parent."""
    for file in sorted(assembly.glob("*.template.json")):
        if not file.name.endswith(".nested.template.json"):
            yield file, ""
            stack = file.name.removesuffix(".template.json")
            for nested in sorted(assembly.glob(f"{stack}*.nested.template.json")):
                yield nested, stack


def _summary(file: Path, parent: str) -> TemplateSummary:
    template = json.loads(file.read_text(encoding="utf-8"))
    types = [resource["Type"] for resource in template.get("Resources", {}).values()]
    name = file.name.partition(".")[0]
    return TemplateSummary(
        # A nested template's name ends with the hash of its path.
        name=name[len(parent) : -8] if parent else name,
        nested=bool(parent),
        resources=len(types),
        size_bytes=file.stat().st_size,
        packs=types.count(MANIFEST_TYPE),
        objects=sum(1 for _ in objects_in(template)),
        gates=types.count(GATE_TYPE),
    )
