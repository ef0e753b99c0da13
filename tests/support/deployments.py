"""Deployments that differ from a given one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.manifests.objects import JsonValue


def variation(deployment: Deployment, changes: Mapping[str, JsonValue]) -> Deployment:
    """The deployment with other top-level sections."""
    settings = deployment.model_dump(mode="json", exclude_unset=True)
    return Deployment.model_validate_json(json.dumps(settings | dict(changes)))
