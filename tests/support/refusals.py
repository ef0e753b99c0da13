"""Deployment files with a mistake, and what must be said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import DeploymentError, load_deployment

WEST = "region: us-west-2\n"
DEX_USERS = """
auth:
  users:
    - email: user@example.com
      password_hash: $2b$12$vT6dPsJtwtwB42jWh5pMQ.DVdhlPKq65mgc89/J3laBJtMO2sPPe6
"""

USERS = "preset: vanilla\n" + DEX_USERS
VPC = """
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    availability_zones: [us-west-2a, us-west-2b]
    private_subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
"""
DOMAIN = """
domain:
  name: platform.example.com
  hosted_zone: {id: Z0123456789EXAMPLE, name: example.com}
"""
ALICE = "auth: {users: [{email: alice@example.com}]}\n"
COGNITO = WEST + "preset: cognito\n" + DOMAIN
PUBLIC_VPC = VPC + "    public_subnet_ids: [subnet-0123456789abcdef2, subnet-0123456789abcdef3]\n"


def cognito(settings: str) -> str:
    """A deployment with Cognito and these settings of the user pool."""
    return COGNITO + f"auth: {{users: [{{email: alice@example.com}}], cognito: {{{settings}}}}}\n"


def provider(settings: str) -> str:
    """A deployment with Cognito and one federated provider."""
    return cognito(f"identity_providers: [{{{settings}}}]")


def assert_refused(text: str, sentence: str, folder: Path) -> None:
    """A file with this text is refused with this sentence, and every line names the file."""
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(DeploymentError) as refusal:
        load_deployment(file)

    assert sentence in str(refusal.value)
    for line in str(refusal.value).splitlines():
        assert line.startswith(str(file))
