"""Deployments that differ from a given one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.rules import checked
from kubeflow_aws.objects.kubernetes_object import JsonValue

PROJECT = Path(__file__).resolve().parents[2]

VPC: dict[str, JsonValue] = {
    "vpc_id": "vpc-0123456789abcdef0",
    "availability_zones": ["us-west-2a", "us-west-2b"],
    "private_subnet_ids": ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
    "private_cidrs": ["10.0.32.0/20", "10.0.48.0/20"],
}
EXISTING_VPC: JsonValue = {"existing": VPC}
EXISTING_CLUSTER: JsonValue = {
    "existing": {"name": "theirs", "security_group_id": "sg-0123456789abcdef0"}
}
NEW_ZONE: JsonValue = {
    "name": "platform.example.com",
    "parent_zone": {"id": "Z0123456789EXAMPLE", "name": "example.com"},
}
PRODUCTION: dict[str, JsonValue] = {
    "environment": "production",
    "preset": "cognito-rds-s3",
    "domain": {
        "name": "platform.example.com",
        "hosted_zone": {"id": "Z0123456789EXAMPLE", "name": "example.com"},
    },
    "auth": {"users": [{"email": "alice@example.com"}]},
    "profiles": [{"name": "alice", "owner": "alice@example.com"}],
}
"""What makes a production deployment of any other."""

CHOICES: dict[str, JsonValue] = {
    "environment": "production",
    "network": {"existing": {**VPC, "load_balancer_cidrs": ["10.0.0.0/20"]}},
    "ingress": {"internal": True},
    "auth": {
        "users": [{"email": "alice@example.com"}],
        "cognito": {"mfa": "optional", "machine_clients": [{"name": "ci"}]},
    },
    "rds": {"snapshot": "kubeflow-last"},
    "storage": {"efs": {"backups": False}},
    "profiles": [
        {
            "name": "alice",
            "owner": "alice@example.com",
            "contributors": [{"group": "research"}],
        },
        {"name": "bob", "owner": "alice@example.com"},
    ],
}
"""Settings that somebody may choose, each with a finding that is right then."""

UNLISTED: JsonValue = {
    "system_nodes": {"instance_types": ["m7i.96xlarge"]},
    "node_pools": {
        "cpu": {"instance_types": ["m7i.96xlarge"], "max_cpus": 800},
        "gpu": {"instance_types": ["g99.2xlarge"], "max_devices": 4},
    },
    "unlisted_instance_types": {
        "m7i.96xlarge": {
            "vcpus": 384,
            "memory_mib": 1572864,
            "network_interfaces": 15,
            "ipv4_addresses": 50,
        },
        "g99.2xlarge": {
            "vcpus": 8,
            "memory_mib": 65536,
            "network_interfaces": 4,
            "ipv4_addresses": 15,
            "gpus": 2,
        },
    },
}
"""A cluster of instance types that nobody but the file knows: one of a family whose price is known,
and one of a family of its own."""


def _social(kind: str) -> JsonValue:
    return {
        "type": kind,
        "client_id": f"{kind}-client",
        "client_secret": {"secret": "sign-in", "key": kind},
        "domains": ["example.com"],
    }


EVERY_PROVIDER: JsonValue = [
    _social("google"),
    _social("facebook"),
    _social("amazon"),
    {
        "type": "oidc",
        "name": "Corporate",
        "issuer": "https://id.example.com",
        "client_id": "oidc-client",
        "client_secret": {"secret": "sign-in", "key": "oidc"},
        "domains": ["example.com"],
    },
    {
        "type": "saml",
        "name": "Campus",
        "metadata_url": "https://idp.campus.example.org/metadata",
        "domains": ["campus.example.org"],
        "verified": True,
    },
]


def variation(deployment: Deployment, changes: Mapping[str, JsonValue]) -> Deployment:
    """The deployment with other top-level sections."""
    settings = deployment.model_dump(mode="json", exclude_unset=True)
    return checked(Deployment.model_validate_json(json.dumps(settings | dict(changes))))


def option_of(name: str) -> Deployment:
    """A deployment file of the project."""
    return load_deployment(PROJECT / "deployments" / f"{name}.yaml")
