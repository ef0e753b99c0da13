"""What a cloud assembly is about to deploy, and where."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NESTED = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, kw_only=True, slots=True)
class AssembledStack:
    """A stack of a cloud assembly.

    Attributes:
        name: The stack's name.
        region: Where it is deployed.
        resources: How many there are, those of nested stacks included.
        custom_resources: How many of them are custom resources.
        longest_chain: The most custom resources that wait for one another.
    """

    name: str
    region: str
    resources: int
    custom_resources: int
    longest_chain: int


def stacks_of(assembly: Path) -> list[AssembledStack]:
    """The stacks of a cloud assembly, nested ones counted with their parents."""
    manifest = json.loads((assembly / "manifest.json").read_text(encoding="utf-8"))
    stacks = []
    for name, artifact in manifest["artifacts"].items():
        if artifact["type"] == "aws:cloudformation:stack":
            template = _template(assembly, artifact["properties"]["templateFile"])
            resources = list(_resources(assembly, template))
            stacks.append(
                AssembledStack(
                    name=artifact["properties"].get("stackName", name),
                    region=artifact["environment"].rsplit("/", 1)[1],
                    resources=len(resources),
                    custom_resources=sum(r["Type"].startswith("Custom::") for r in resources),
                    longest_chain=_chain(assembly, template),
                )
            )
    return stacks


def regions_of(stacks: list[AssembledStack]) -> list[str]:
    """The regions to bootstrap."""
    return sorted({stack.region for stack in stacks})


def _template(assembly: Path, name: str) -> dict[str, Any]:
    template: dict[str, Any] = json.loads((assembly / name).read_text(encoding="utf-8"))
    return template


def _nested(assembly: Path, resource: dict[str, Any]) -> dict[str, Any] | None:
    if resource["Type"] != _NESTED:
        return None
    return _template(assembly, resource["Metadata"]["aws:asset:path"])


def _resources(assembly: Path, template: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in template["Resources"].values():
        yield resource
        nested = _nested(assembly, resource)
        if nested is not None:
            yield from _resources(assembly, nested)


def _chain(assembly: Path, template: dict[str, Any]) -> int:
    resources = template["Resources"]
    lengths: dict[str, int] = {}

    def length(name: str) -> int:
        if name not in lengths:
            resource = resources[name]
            nested = _nested(assembly, resource)
            own = (
                _chain(assembly, nested)
                if nested is not None
                else int(resource["Type"].startswith("Custom::"))
            )
            before = [other for other in _depends_on(resource) if other in resources]
            lengths[name] = own + max(map(length, before), default=0)
        return lengths[name]

    return max(map(length, resources), default=0)


def _depends_on(resource: dict[str, Any]) -> list[str]:
    explicit = resource.get("DependsOn", [])
    return [explicit] if isinstance(explicit, str) else list(explicit)
