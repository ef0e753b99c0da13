"""Rules for file systems of FSx for Lustre, in cdk-nag's form: cdk-nag has none for them."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.checks.rule import Properties, Rule


def _has_a_key_of_ours(properties: Properties) -> bool:
    deployment = properties.get("LustreConfiguration", {}).get("DeploymentType", "")
    # Scratch file systems have AWS's own key alone (FSx for Lustre User Guide, "Encrypting data
    # at rest").
    return str(deployment).startswith("SCRATCH") or bool(properties.get("KmsKeyId"))


def _names_who_may_reach_it(properties: Properties) -> bool:
    return bool(properties.get("SecurityGroupIds"))


FSX_RULES: Final = (
    Rule(
        id="KubeflowAws-FSX1",
        resource_type="AWS::FSx::FileSystem",
        complies=_has_a_key_of_ours,
        why="A persistent file system is encrypted with a key that nobody here can take away.",
        fix="Set kms_key_id.",
    ),
    Rule(
        id="KubeflowAws-FSX2",
        resource_type="AWS::FSx::FileSystem",
        complies=_names_who_may_reach_it,
        why="The VPC's default security group decides who mounts it.",
        fix="Set security_group_ids.",
    ),
)
