"""From properties of a template to arguments of an API operation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from localcloud.resources.coercion import is_scalar, text_of
from localcloud.resources.provider import Properties, ResourceError

Shape: TypeAlias = Any
"""A botocore shape; botocore has no types."""


def arguments(
    client: Any, operation: str, properties: Properties, names: Iterable[str]
) -> dict[str, Any]:
    """Arguments for an operation, each of the type that the API wants.

    CloudFormation takes ``"true"`` for true and policy documents as objects, and some APIs begin
    names with a small letter; the operation's own model says what to make of a property.

    Args:
        client: The boto3 client.
        operation: For example ``CreateVpc``.
        properties: The properties.
        names: Those of them to pass on, where they are given.

    Raises:
        ResourceError: For a name that the operation does not have: nothing is dropped.
    """
    shape = client.meta.service_model.operation_model(operation).input_shape
    given = {name: properties[name] for name in names if name in properties}
    made: dict[str, Any] = conform(shape, given)
    return made


def conform(shape: Shape, value: Any) -> Any:
    """A value in the form of a botocore shape.

    Raises:
        ResourceError: If it does not fit.
    """
    kind = shape.type_name
    if kind == "structure":
        return dict(_member(shape, name, item) for name, item in value.items())
    if kind == "map":
        return {str(key): conform(shape.value, item) for key, item in value.items()}
    if kind == "list":
        return [conform(shape.member, item) for item in value]
    return _scalar(kind, value)


def boolean(value: Any) -> bool:
    """A boolean of a template, which may be a string."""
    return text_of(value) == "true"


def document(value: Any) -> str:
    """A policy document as the APIs take it: text."""
    return value if isinstance(value, str) else json.dumps(value)


def capitalized(value: Any) -> Any:
    """A value of an API as templates write it: names begin with a capital."""
    if isinstance(value, Mapping):
        return {f"{key[:1].upper()}{key[1:]}": capitalized(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [capitalized(item) for item in value]
    return value


def _member(shape: Shape, name: str, value: Any) -> tuple[str, Any]:
    for candidate in (name, f"{name[:1].lower()}{name[1:]}", f"{name[:1].upper()}{name[1:]}"):
        if candidate in shape.members:
            return candidate, conform(shape.members[candidate], value)
    for candidate in shape.members:
        # KMSMasterKeyID and KmsMasterKeyId, IAMRole and IamRole: APIs and templates differ.
        if candidate.lower() == name.lower():
            return candidate, conform(shape.members[candidate], value)
    raise ResourceError(f"{shape.name} of the emulated API has no {name}")


def _scalar(kind: str, value: Any) -> Any:
    if kind in ("integer", "long"):
        return int(float(value))
    if kind in ("float", "double"):
        return float(value)
    if kind == "boolean":
        return boolean(value)
    if kind == "string":
        return text_of(value) if is_scalar(value) else document(value)
    return value
