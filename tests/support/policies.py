"""What an IAM policy allows, as far as our own policies go."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any


def allows(
    statements: Sequence[Mapping[str, Any]],
    action: str,
    resource: str,
    *,
    tags: Mapping[str, str] | None = None,
    prefix: str = "",
) -> bool:
    """Whether some statement allows an action on a resource.

    Args:
        statements: Of one role, with all references resolved to texts.
        action: For example ``s3:GetObject``.
        resource: An ARN.
        tags: Tags of the session.
        prefix: The prefix that a listing asks for.
    """
    return any(
        any(fnmatch.fnmatchcase(action, each) for each in _list(statement["Action"]))
        and any(
            fnmatch.fnmatchcase(resource, _filled(each, tags))
            for each in _list(statement["Resource"])
        )
        and _holds(statement.get("Condition", {}), tags, prefix)
        for statement in statements
        if statement["Effect"] == "Allow"
    )


def statements_of(template: Mapping[str, Any], role: str) -> list[dict[str, Any]]:
    """All statements of a role, by the beginning of its logical id, with names for references."""
    found = []
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        match resource["Type"]:
            case "AWS::IAM::Role" if logical_id.startswith(role):
                documents = [each["PolicyDocument"] for each in properties.get("Policies", ())]
            case "AWS::IAM::Policy" if any(
                str(each.get("Ref", "")).startswith(role) for each in properties["Roles"]
            ):
                documents = [properties["PolicyDocument"]]
            case _:
                continue
        found += [each for document in documents for each in document["Statement"]]
    return [_named(each) for each in found]


def _named(node: Any) -> Any:
    """References as texts: ``bucket`` for whatever holds Bucket in its name, and so on."""
    if isinstance(node, list):
        return [_named(each) for each in node]
    if not isinstance(node, dict):
        return node
    if "Fn::Join" in node:
        separator, parts = node["Fn::Join"]
        return separator.join(_named(part) for part in parts)
    if node.keys() & {"Fn::GetStackOutput", "Fn::GetAtt", "Ref"}:
        return _name(json.dumps(node))
    return {key: _named(child) for key, child in node.items()}


def _name(reference: str) -> str:
    for part, name in (
        ("AccessLogs", "access-logs"),
        ("ArtifactsBucket", "bucket"),
        ("ArtifactsKey", "artifacts-key"),
        ("DatabaseKey", "database-key"),
        ("MasterUserSecret", "admin-secret"),
        ("PipelinesCredentials", "pipelines-secret"),
        ("KatibCredentials", "katib-secret"),
    ):
        if part in reference:
            return name
    return reference


def _holds(condition: Mapping[str, Any], tags: Mapping[str, str] | None, prefix: str) -> bool:
    patterns = condition.get("StringLike", {}).get("s3:prefix")
    return patterns is None or any(
        fnmatch.fnmatchcase(prefix, _filled(each, tags)) for each in _list(patterns)
    )


def _filled(pattern: str, tags: Mapping[str, str] | None) -> str:
    for key, value in (tags or {}).items():
        pattern = pattern.replace(f"${{aws:PrincipalTag/{key}}}", value)
    return pattern


def _list(value: Any) -> Iterator[str]:
    yield from [value] if isinstance(value, str) else value
