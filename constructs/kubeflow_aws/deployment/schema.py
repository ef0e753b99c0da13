"""JSON schemas of the deployment and the delivery file, for editors that check YAML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

from pydantic import JsonValue

from kubeflow_aws.deployment.section import GROWING, LASTING, Section

_SAID: Final = {LASTING: "Cannot change later", GROWING: "Can only grow later"}


def json_schema(model: type[Section]) -> str:
    """The schema of a kind of file as text, the same bytes every time."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    for field in _fields(schema):
        for mark, said in _SAID.items():
            if mark in field:
                # Editors show the description, and no mark of somebody's own.
                field["description"] = f"{field['description']} {said}: {field[mark]}."
    schema["title"] = f"Kubeflow on AWS {model.__name__.lower()}"
    return json.dumps(schema, indent=2) + "\n"


def _fields(node: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """All schemas in a schema that describe something."""
    if isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node
        for below in node.values():
            yield from _fields(below)
    elif isinstance(node, list):
        for below in node:
            yield from _fields(below)
