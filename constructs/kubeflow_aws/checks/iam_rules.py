"""Rules for credentials, in cdk-nag's form: everything takes a role, and nothing has a key."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.checks.rule import Properties, Rule


def _never(properties: Properties) -> bool:
    del properties
    return False


_FIX: Final = "Give whoever needs it a role: a PodRole for pods, a federated one for people."

IAM_RULES: Final = (
    Rule(
        id="KubeflowAws-IAM1",
        resource_type="AWS::IAM::User",
        complies=_never,
        why="An IAM user has credentials that do not end.",
        fix=_FIX,
    ),
    Rule(
        id="KubeflowAws-IAM2",
        resource_type="AWS::IAM::AccessKey",
        complies=_never,
        why="A static access key is valid wherever it leaks to, and in the template's outputs.",
        fix=_FIX,
    ),
)
"""The old distribution kept a user's key in the cluster for S3."""
