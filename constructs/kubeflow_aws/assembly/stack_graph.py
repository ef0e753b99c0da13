"""The stacks of a cloud assembly: what is in them, what they pass on, what waits for what."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from kubeflow_aws.assembly.templates import GATE_TYPE, NESTED_TYPE, objects_in, stack_artifacts
from kubeflow_aws.objects.kubernetes_object import KubernetesObject

_NUMBERED: Final = re.compile(r"\d+$")
_JOB_DIGEST: Final = re.compile(r"-[0-9a-f]{8}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class Passed:
    """A value of one stack that another reads.

    Attributes:
        resource: Logical id of the resource that it is of.
        type: Its CloudFormation type.
        attribute: Which of its attributes; empty for what `Ref` gives.
    """

    resource: str
    type: str
    attribute: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A nested stack, or the other resources below one construct of a stack.

    Attributes:
        name: The ids of its construct that matter, joined by slashes.
        nested: How many nested stacks it is; none for other resources.
        types: CloudFormation type of each of its resources, those of nested stacks included.
        gates: What has to be ready in the cluster before it counts as made: kind and name.
        after: Names of the parts that it waits for.
    """

    name: str
    nested: int
    types: Sequence[str]
    gates: Sequence[tuple[str, str]]
    after: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A stack.

    Attributes:
        name: Its name.
        region: Where it is deployed.
        parts: What it is made of, in the order of its template.
        objects: The Kubernetes objects that it applies.
        takes: What it imports, by the name of the stack that exports it.
        after: Names of the stacks that are deployed before.
    """

    name: str
    region: str
    parts: Sequence[Part]
    objects: Sequence[KubernetesObject]
    takes: Mapping[str, Sequence[Passed]]
    after: Sequence[str]

    @property
    def types(self) -> list[str]:
        """CloudFormation type of each resource, those of nested stacks included."""
        return [each for part in self.parts for each in part.types]


Template = dict[str, Any]
"""A CloudFormation template; its form is CloudFormation's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """A stack as its files have it: templates, and the construct paths of their resources."""

    name: str
    artifact: Mapping[str, Any]
    template: Template
    nested: Mapping[str, Template]
    paths: Mapping[str, tuple[str, ...]]

    @property
    def templates(self) -> list[Template]:
        return [self.template, *self.nested.values()]


def stacks_of(assembly: Path) -> list[Stack]:
    """The stacks of a cloud assembly, each behind those that it waits for.

    Raises:
        UserError: The folder holds no cloud assembly.
    """
    found = [_read(assembly, name, each) for name, each in stack_artifacts(assembly).items()]
    outputs = {output: passed for each in found for output, passed in _outputs(each)}
    names = {each.name for each in found}
    return [
        Stack(
            name=each.name,
            region=each.artifact["environment"].rpartition("/")[2],
            parts=_parts(each),
            objects=[item for template in each.templates for item in objects_in(template)],
            takes=_taken(each, outputs),
            after=[name for name in each.artifact.get("dependencies", ()) if name in names],
        )
        for each in found
    ]


def outputs_read(value: object) -> Iterator[tuple[str, str]]:
    """Stack and key of each output that a template, or a part of it, reads of other stacks."""
    for each in _mappings(value):
        match each:
            case {"Fn::GetStackOutput": {"StackName": str(stack), "OutputName": str(key)}}:
                yield stack, key


def waits_for(resource: Mapping[str, Any]) -> Iterator[str]:
    """Logical ids of what CloudFormation makes before a resource of the same template."""
    depends_on = resource.get("DependsOn", ())
    yield from [depends_on] if isinstance(depends_on, str) else depends_on
    yield from (logical_id for logical_id, _ in _references(resource.get("Properties", {})))


def _read(assembly: Path, name: str, artifact: Mapping[str, Any]) -> _Read:
    file = artifact["properties"]["templateFile"]
    metadata = _json(assembly / artifact["additionalMetadataFile"])
    files, ids = {}, {}
    for path, entries in metadata.items():
        for entry in entries:
            if entry["type"] == "aws:cdk:templateFile":
                files[path] = entry["data"]
            elif entry["type"] == "aws:cdk:logicalId":
                ids[path] = entry["data"]
    [root] = [path for path, each in files.items() if each == file]
    template = _json(assembly / file)
    paths = {
        logical_id: tuple(path.removeprefix(f"{root}/").split("/"))
        for path, logical_id in ids.items()
        if not any(path.startswith(f"{inside}/") for inside in files if inside != root)
    }
    nested = {
        logical_id: _json(assembly / files[f"{root}/{'/'.join(_construct(paths[logical_id]))}"])
        for logical_id, resource in template["Resources"].items()
        if resource["Type"] == NESTED_TYPE
    }
    return _Read(name=name, artifact=artifact, template=template, nested=nested, paths=paths)


def _construct(path: tuple[str, ...]) -> tuple[str, ...]:
    """The nested stack of the resource ``X.NestedStack/X.NestedStackResource``."""
    return (*path[:-2], path[-2].removesuffix(".NestedStack"))


def _outputs(read: _Read) -> Iterator[tuple[tuple[str, str], Passed]]:
    resources = read.template["Resources"]
    for key, output in read.template.get("Outputs", {}).items():
        for logical_id, attribute in _references(output["Value"]):
            if logical_id in resources:
                passed = Passed(
                    resource=logical_id, type=resources[logical_id]["Type"], attribute=attribute
                )
                yield (read.name, key), passed


def _taken(read: _Read, outputs: Mapping[tuple[str, str], Passed]) -> dict[str, list[Passed]]:
    taken: dict[str, list[Passed]] = {}
    wanted = {output for template in read.templates for output in outputs_read(template)}
    for output, passed in outputs.items():
        if output in wanted:
            taken.setdefault(output[0], []).append(passed)
    return taken


def _parts(read: _Read) -> list[Part]:
    resources = read.template["Resources"]
    names = [_construct(read.paths[logical_id]) for logical_id in read.nested]
    families = Counter(name[0] for name in names if not _NUMBERED.search(name[-1]))
    part_of = {logical_id: _part(read, logical_id, families) for logical_id in resources}
    members: dict[str, list[str]] = {}
    for logical_id, part in part_of.items():
        members.setdefault(part, []).append(logical_id)
    return [
        Part(
            name=part,
            nested=sum(each in read.nested for each in logical_ids),
            types=[one["Type"] for each in logical_ids for one in _resources(read, each)],
            gates=[gate for each in logical_ids for gate in _gates(read, each)],
            after=frozenset(
                part_of[earlier]
                for each in logical_ids
                for earlier in waits_for(resources[each])
                if earlier in part_of
            )
            - {part},
        )
        for part, logical_ids in members.items()
    ]


def _part(read: _Read, logical_id: str, families: Mapping[str, int]) -> str:
    """What a resource belongs to: one of several nested stacks of a construct, or the construct.

    Numbers at the end are left out: so many profiles make so many nested stacks.
    """
    path = read.paths.get(logical_id, (logical_id,))
    if logical_id in read.nested and families[path[0]] > 1:
        return "/".join(_construct(path))
    return _NUMBERED.sub("", path[0].partition(".")[0])


def _resources(read: _Read, logical_id: str) -> list[Mapping[str, Any]]:
    """A resource and, if it is a nested stack, those inside."""
    inside = read.nested.get(logical_id, {}).get("Resources", {})
    return [read.template["Resources"][logical_id], *inside.values()]


def _gates(read: _Read, logical_id: str) -> Iterator[tuple[str, str]]:
    for resource in _resources(read, logical_id):
        if resource["Type"] == GATE_TYPE:
            properties = resource["Properties"]
            yield properties["ObjectType"], _JOB_DIGEST.sub("", properties["ObjectName"])


def _references(value: object) -> Iterator[tuple[str, str]]:
    """Logical id and attribute of each reference in a value."""
    for each in _mappings(value):
        match each:
            case {"Ref": str(logical_id)}:
                yield logical_id, ""
            case {"Fn::GetAtt": [str(logical_id), str(attribute)]}:
                yield logical_id, attribute


def _mappings(value: object) -> Iterator[Mapping[str, object]]:
    """Every mapping in a value of a template, that itself included."""
    match value:
        case dict():
            yield value
            for child in value.values():
                yield from _mappings(child)
        case list():
            for child in value:
                yield from _mappings(child)


def _json(file: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return content
