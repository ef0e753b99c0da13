"""The stacks of a cloud assembly, in the order in which they are deployed, and their templates."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubeflow_aws.assembly.templates import NESTED_TYPE, stack_artifacts

Template = dict[str, Any]
"""A CloudFormation template; its form is CloudFormation's own."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthesizedStack:
    """A stack of a cloud assembly.

    Attributes:
        name: Its name in CloudFormation.
        file: Name of its template in the assembly.
        region: Its region; a name of CDK's own where the assembly leaves it open.
        protected: Whether CloudFormation would refuse to delete it.
    """

    name: str
    file: str
    region: str
    protected: bool


def stacks_in_order(assembly: Path) -> list[SynthesizedStack]:
    """The stacks of a cloud assembly, or of a pipeline's stage in one, each after those it uses.

    Args:
        assembly: The cloud assembly.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    artifacts = stack_artifacts(assembly)
    ordered: dict[str, SynthesizedStack] = {}

    def visit(artifact_id: str) -> None:
        artifact = artifacts.get(artifact_id)
        if artifact is None or artifact_id in ordered:
            return
        for earlier in artifact.get("dependencies", ()):
            visit(earlier)
        properties = artifact["properties"]
        ordered[artifact_id] = SynthesizedStack(
            name=properties.get("stackName", artifact_id),
            file=properties["templateFile"],
            region=artifact["environment"].rpartition("/")[2],
            protected=properties.get("terminationProtection", False),
        )

    for artifact_id in artifacts:
        visit(artifact_id)
    return list(ordered.values())


def stack_names(assembly: Path) -> list[str]:
    """The stacks of a cloud assembly, or of a pipeline's stage in one.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    return [stack.name for stack in stacks_in_order(assembly)]


def nested_files(assembly: Path, file: str) -> dict[str, Path]:
    """The template files of a stack's nested stacks, by logical id.

    Args:
        assembly: The cloud assembly.
        file: Name of the stack's template in it.
    """
    nested = dict(nested_in(read_template(assembly / file)))
    if not nested:
        return {}
    assets = read_template(assembly / f"{file.removesuffix('.template.json')}.assets.json")["files"]
    found = {}
    for logical_id, resource in nested.items():
        [digest] = _DIGEST.findall(json.dumps(resource["Properties"]["TemplateURL"]))
        found[logical_id] = assembly / assets[digest]["source"]["path"]
    return found


def templates_of(assembly: Path, stack: SynthesizedStack) -> list[Template]:
    """The template of a stack, and those of its nested stacks.

    Args:
        assembly: The cloud assembly.
        stack: One of its stacks.
    """
    files = (assembly / stack.file, *nested_files(assembly, stack.file).values())
    return [read_template(file) for file in files]


def nested_in(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    """The nested stacks of a template: logical id and resource.

    Args:
        template: The template.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == NESTED_TYPE:
            yield logical_id, resource


def read_template(file: Path) -> Template:
    """A template of a cloud assembly.

    Args:
        file: Its file.
    """
    content: Template = json.loads(file.read_text(encoding="utf-8"))
    return content
