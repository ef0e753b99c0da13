"""JSON schemas of the deployment and the delivery file, for editors that check YAML."""

from __future__ import annotations

import json

from kubeflow_aws.deployment.section import Section


def json_schema(model: type[Section]) -> str:
    """The schema of a kind of file as text, the same bytes every time."""
    schema = model.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = f"Kubeflow on AWS {model.__name__.lower()}"
    return json.dumps(schema, indent=2) + "\n"
