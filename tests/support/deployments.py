"""Deployments that differ from a given one."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.manifests.objects import JsonValue

EXISTING_VPC: JsonValue = {
    "existing": {
        "vpc_id": "vpc-0123456789abcdef0",
        "availability_zones": ["us-west-2a", "us-west-2b"],
        "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    }
}
EXISTING_CLUSTER: JsonValue = {
    "existing": {"name": "theirs", "security_group_id": "sg-0123456789abcdef0"}
}


def variation(deployment: Deployment, changes: Mapping[str, JsonValue]) -> Deployment:
    """The deployment with other top-level sections."""
    settings = deployment.model_dump(mode="json", exclude_unset=True)
    return Deployment.model_validate_json(json.dumps(settings | dict(changes)))
