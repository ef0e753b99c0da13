"""Templates: parsing, AWS's limits, and what depends on what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from localcloud.cloudformation.errors import TemplateError

Node: TypeAlias = Any
"""A node of a template: JSON that may hold intrinsics anywhere."""

MAX_BYTES: Final = 1_000_000
MAX_INLINE_BYTES: Final = 51_200
MAX_ENTRIES: Final = {"Resources": 500, "Outputs": 200, "Parameters": 200, "Mappings": 200}
"""AWS CloudFormation User Guide, "Understand CloudFormation quotas"."""

PSEUDO_PARAMETERS: Final = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
_SECTIONS: Final = frozenset(
    {
        "AWSTemplateFormatVersion",
        "Conditions",
        "Description",
        "Mappings",
        "Metadata",
        "Outputs",
        "Parameters",
        "Resources",
        "Rules",
    }
)
_RESOURCE_ATTRIBUTES: Final = frozenset(
    {
        "Condition",
        "DeletionPolicy",
        "DependsOn",
        "Metadata",
        "Properties",
        "Type",
        "UpdateReplacePolicy",
    }
)
_POLICIES: Final = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
_SUBSTITUTION: Final = re.compile(r"\$\{([^!][^}]*)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceDefinition:
    """One entry of a template's Resources.

    Attributes:
        logical_id: Its name in the template.
        type: For example ``AWS::S3::Bucket``.
        properties: As written, with intrinsics.
        dependencies: Resources that must exist first, named in DependsOn or referred to.
        condition: The condition that decides whether it exists.
        deletion_policy: ``Delete``, ``Retain``, ``RetainExceptOnCreate`` or ``Snapshot``.
        update_replace_policy: ``Delete``, ``Retain`` or ``Snapshot``.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Node]
    dependencies: frozenset[str]
    condition: str | None
    deletion_policy: str
    update_replace_policy: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Template:
    """A parsed template.

    Attributes:
        body: The text that it was parsed from.
        resources: By logical id.
        parameters: Declarations by name.
        mappings: As written.
        conditions: As written, by name.
        outputs: As written, by name.
        description: For people.
        metadata: As written.
    """

    body: str
    resources: Mapping[str, ResourceDefinition] = field(default_factory=dict)
    parameters: Mapping[str, Mapping[str, Node]] = field(default_factory=dict)
    mappings: Mapping[str, Node] = field(default_factory=dict)
    conditions: Mapping[str, Node] = field(default_factory=dict)
    outputs: Mapping[str, Mapping[str, Node]] = field(default_factory=dict)
    description: str | None = None
    metadata: Mapping[str, Node] | None = None


EMPTY: Final = Template(body="")


def parse(body: str) -> Template:
    """Parse a template and check what CloudFormation checks before it makes anything.

    Raises:
        TemplateError: For a limit exceeded, a reference to nothing, a circle, or a section, an
            attribute or a policy that the local cloud does not emulate.
    """
    if len(body.encode()) > MAX_BYTES:
        raise TemplateError(f"Template may not exceed {MAX_BYTES} bytes in size.")
    tree = _load(body)
    unknown = sorted(tree.keys() - _SECTIONS)
    if unknown:
        raise TemplateError(
            f"Invalid template property or properties [{', '.join(unknown)}]"
            " (the local cloud expands no Transform)"
        )
    for section, limit in MAX_ENTRIES.items():
        count = len(tree.get(section) or {})
        if count > limit:
            raise TemplateError(
                f"Template format error: Number of {section.lower()}, {count}, is greater than "
                f"maximum allowed, {limit}"
            )
    resources = {name: _resource(name, node) for name, node in _section(tree, "Resources").items()}
    if not resources:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    template = Template(
        body=body,
        resources=resources,
        parameters=_section(tree, "Parameters"),
        mappings=_section(tree, "Mappings"),
        conditions=_section(tree, "Conditions"),
        outputs=_section(tree, "Outputs"),
        description=tree.get("Description"),
        metadata=tree.get("Metadata"),
    )
    _check_references(template)
    in_order(template.resources)
    return template


def references(node: Node) -> Iterator[str]:
    """The names that a node refers to by Ref, Fn::GetAtt and Fn::Sub."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    if not isinstance(node, dict):
        return
    if len(node) == 1:
        (intrinsic, argument), *_ = node.items()
        if intrinsic == "Ref" and isinstance(argument, str):
            yield argument
            return
        if intrinsic == "Fn::GetAtt":
            yield argument.split(".", 1)[0] if isinstance(argument, str) else argument[0]
            return
        if intrinsic == "Fn::Sub":
            yield from _substituted(argument)
            return
    for value in node.values():
        yield from references(value)


def in_order(resources: Mapping[str, ResourceDefinition]) -> list[str]:
    """Logical ids, each after everything that it depends on.

    Raises:
        TemplateError: If they go round in a circle.
    """
    done: dict[str, bool] = {}
    order: list[str] = []

    def visit(name: str, path: Sequence[str]) -> None:
        if done.get(name):
            return
        if name in done:
            circle = ", ".join(path[path.index(name) :])
            raise TemplateError(f"Circular dependency between resources: [{circle}]")
        done[name] = False
        for dependency in sorted(resources[name].dependencies & resources.keys()):
            visit(dependency, [*path, name])
        done[name] = True
        order.append(name)

    for name in resources:
        visit(name, [])
    return order


def _load(body: str) -> dict[str, Node]:
    try:
        tree = json.loads(body) if body.lstrip().startswith("{") else yaml.load(body, _YamlLoader)  # noqa: S506  # a SafeLoader
    except (ValueError, yaml.YAMLError) as error:
        raise TemplateError(f"Template format error: not JSON or YAML: {error}") from error
    if not isinstance(tree, dict):
        raise TemplateError("Template format error: unsupported structure.")
    return tree


def _section(tree: Mapping[str, Node], name: str) -> dict[str, Node]:
    section = tree.get(name) or {}
    if not isinstance(section, dict):
        raise TemplateError(f"Template format error: {name} must be an object.")
    return section


def _resource(name: str, node: Node) -> ResourceDefinition:
    if not re.fullmatch(r"[A-Za-z0-9]{1,255}", name):
        raise TemplateError(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(node, dict) or not isinstance(node.get("Type"), str):
        raise TemplateError(
            f"Template format error: [/Resources/{name}] Every Resources object must contain a "
            "Type member."
        )
    unknown = sorted(node.keys() - _RESOURCE_ATTRIBUTES)
    if unknown:
        raise TemplateError(
            f"the local cloud does not emulate {', '.join(unknown)} of resource {name}"
        )
    policies = [node.get(key, "Delete") for key in ("DeletionPolicy", "UpdateReplacePolicy")]
    for policy in policies:
        if policy not in _POLICIES:
            raise TemplateError(
                f"the local cloud does not emulate the policy {policy!r} of resource {name}; it "
                f"knows {', '.join(sorted(_POLICIES))}"
            )
    explicit = node.get("DependsOn", [])
    properties = node.get("Properties") or {}
    return ResourceDefinition(
        logical_id=name,
        type=node["Type"],
        properties=properties,
        dependencies=frozenset([explicit] if isinstance(explicit, str) else explicit)
        | frozenset(references(properties)),
        condition=node.get("Condition"),
        deletion_policy=policies[0],
        update_replace_policy=policies[1],
    )


def _check_references(template: Template) -> None:
    known = template.resources.keys() | template.parameters.keys() | PSEUDO_PARAMETERS
    for resource in template.resources.values():
        missing = sorted(resource.dependencies - known)
        if missing:
            raise TemplateError(
                f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] "
                "in the Resources block of the template"
            )
        if resource.condition and resource.condition not in template.conditions:
            raise TemplateError(
                f"Template format error: Unresolved condition dependency {resource.condition} in "
                "the Resources block of the template"
            )
    missing = sorted(set(references(dict(template.outputs))) - known)
    if missing:
        raise TemplateError(
            f"Template format error: Unresolved resource dependencies [{', '.join(missing)}] in "
            "the Outputs block of the template"
        )


def _substituted(argument: Node) -> Iterator[str]:
    text, variables = (argument, {}) if isinstance(argument, str) else argument
    for name in _SUBSTITUTION.findall(text):
        if name not in variables:
            yield name.split(".", 1)[0]
    yield from references(variables)


class _YamlLoader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms (``!Ref``, ``!GetAtt``, ...), dates left as text."""

    yaml_implicit_resolvers = {  # the attribute of the base class
        key: [(tag, expression) for tag, expression in resolvers if not tag.endswith("timestamp")]
        for key, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def _short_form(loader: _YamlLoader, suffix: str, node: yaml.Node) -> Node:
    name = suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    assert isinstance(node, yaml.MappingNode)  # noqa: S101  # YAML has no fourth kind
    return {name: loader.construct_mapping(node, deep=True)}


_YamlLoader.add_multi_constructor("!", _short_form)
