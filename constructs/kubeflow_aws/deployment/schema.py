"""The JSON schema of the deployment file, for editors that complete and check YAML."""

from __future__ import annotations

import json

from kubeflow_aws.deployment.model import Deployment


def json_schema() -> str:
    """The schema as text, the same bytes every time."""
    schema = Deployment.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "Kubeflow on AWS deployment"
    return json.dumps(schema, indent=2) + "\n"
