"""Every policy statement of an app: of identities, of resources, and trust."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.rights.texts import ARNS, Texts
from tests.support.assembly import Template

OWN: Final[Mapping[str, str]] = {
    "AWS::EFS::FileSystem": ARNS["AWS::EFS::FileSystem"],
    "AWS::IAM::Role": ARNS["AWS::IAM::Role"],
    "AWS::KMS::Key": ARNS["AWS::KMS::Key"],
}
"""What a policy that lies in its resource is about: ``*``, or no resource, is that one there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One statement.

    Attributes:
        where: Template, resource and property.
        actions: As written, with wildcards.
        resources: ARNs, or ``*``.
        keys: Of its conditions.
        services: Principals that are services of AWS; none for people and roles.
        is_allowing: False if it denies.
        is_of_identity: False if it lies at a resource.
    """

    where: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    keys: tuple[str, ...]
    services: tuple[str, ...]
    is_allowing: bool
    is_of_identity: bool


def statements_in(templates: Mapping[str, Template]) -> Iterator[Statement]:
    """Each statement of each policy document, wherever it stands in a template."""
    texts = Texts(templates)
    for name, template in templates.items():
        for logical_id, resource in template["Resources"].items():
            for path, document in _documents(resource.get("Properties", {}), ""):
                own = None if path.startswith("/Policies") else OWN.get(resource["Type"])
                for each in texts.resolved(document["Statement"], template):
                    yield statement_of(each, f"{name}/{logical_id}{path}", own)


def statement_of(statement: Mapping[str, Any], where: str, own: str | None = None) -> Statement:
    """One statement of a document, with texts only.

    Args:
        statement: As in the document.
        where: Said when something is wrong with it.
        own: ARN of the resource that the policy lies in.

    Raises:
        KeyError: If it allows all but some actions or resources, or names principals so.
    """
    principal = statement.get("Principal", {})
    services = principal.get("Service", []) if isinstance(principal, dict) else []
    # A denial may name what it leaves alone: those are resources that its actions must know, too.
    named = "NotResource" if statement["Effect"] == "Deny" and own is None else "Resource"
    named = named if named in statement else "Resource"
    resources = _list(statement[named] if own is None else statement.get("Resource", "*"))
    conditions = statement.get("Condition", {}).values()
    return Statement(
        where=where,
        actions=_list(statement["Action"]),
        resources=tuple(own if own and each == "*" else each for each in resources),
        keys=tuple(key for tests in conditions for key in tests),
        services=_list(services),
        is_allowing=statement["Effect"] == "Allow",
        is_of_identity="Principal" not in statement,
    )


def _documents(node: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("Statement"), list):
            yield path, node
        for key, value in node.items():
            yield from _documents(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _documents(value, f"{path}/{index}")


def _list(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
