"""Resources without a service behind them: checked against their schema and kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from localcloud.resources.coercion import text_of
from localcloud.resources.provider import Properties, Provider, Request, Resource
from localcloud.resources.schemas import ResourceSchema, values_at

_HOST_WORDS = ("address", "dns", "domain", "endpoint", "host")


class SchemaOnly(Provider):
    """A provider for a type that has no API here, or no state worth having.

    Its ids and attributes are made up, but always the same for a resource: they come from its
    names and from the properties that make it another resource when they change.
    """

    def create(self, request: Request) -> Resource:
        """Nothing is created anywhere; the resource gets its id and its attributes."""
        schema = ResourceSchema.of(request.resource_type, request.region)
        token = _token(request, schema)
        name = _physical_id(request, schema, token)
        attributes = {
            attribute: _value(request, schema, attribute, name, token)
            # CloudFormation gives what identifies a resource as well: a vault's name, for example.
            for attribute in (*schema.read_only, *schema.primary_identifier)
            if "*" not in attribute
        }
        return Resource(physical_id=name, attributes=attributes)

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Keep the resource: there is nothing that an update could change."""
        del request, old
        return resource

    def delete(self, request: Request, resource: Resource) -> None:
        """Nothing is there to delete."""


def _token(request: Request, schema: ResourceSchema) -> str:
    identity = {name: list(values_at(request.properties, name)) for name in schema.create_only}
    source = [request.stack_id, request.logical_id, request.resource_type, identity]
    text = json.dumps(source, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _physical_id(request: Request, schema: ResourceSchema, token: str) -> str:
    parts = []
    for name in schema.primary_identifier:
        given = list(values_at(request.properties, name))
        parts.append(text_of(given[0]) if given else _identifier(request, name, token))
    return "|".join(parts) or f"{request.stack_name}-{request.logical_id}-{token[:12]}"


def _identifier(request: Request, name: str, token: str) -> str:
    if name.endswith(("Arn", "ARN")):
        return _arn(request, token[:17])
    if name.endswith("Name"):
        return f"{request.stack_name}-{request.logical_id}-{token[:12]}"
    return token[:17]


def _arn(request: Request, name: str) -> str:
    _, service, kind = request.resource_type.lower().split("::")
    return f"arn:aws:{service}:{request.region}:{request.account}:{kind}/{name}"


def _value(
    request: Request, schema: ResourceSchema, attribute: str, physical_id: str, token: str
) -> Any:
    identifier = schema.primary_identifier
    if identifier == [attribute]:
        return physical_id
    if attribute in identifier:
        return physical_id.split("|")[identifier.index(attribute)]
    last = attribute.rpartition(".")[2]
    kind = _type_of(schema.document, attribute)
    if kind != "string":
        return {"array": [], "boolean": False, "integer": 0, "number": 0}.get(kind, {})
    if last.endswith(("Arn", "ARN")):
        name = physical_id.rpartition("/")[2]
        return physical_id if physical_id.startswith("arn:") else _arn(request, name)
    if any(word in last.lower() for word in _HOST_WORDS):
        service = request.resource_type.lower().split("::")[1]
        return f"{token[:12]}.{service}.{request.region}.amazonaws.com"
    return f"{last.lower()}-{token[:8]}"


def _type_of(document: Mapping[str, Any], attribute: str) -> str:
    schema: Mapping[str, Any] = document
    for part in attribute.split("."):
        schema = schema.get("properties", {}).get(part, {})
        if "$ref" in schema:
            schema = document["definitions"][schema["$ref"].rpartition("/")[2]]
    kind = schema.get("type", "string" if "properties" not in schema else "object")
    return kind if isinstance(kind, str) else str(kind[0])
