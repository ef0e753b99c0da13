"""The roles that `cdk bootstrap` makes in an account, which the pipeline's builds may take."""

from __future__ import annotations

from enum import StrEnum

import aws_cdk as cdk

from kubeflow_aws.deployment import Deployment


class BootstrapRole(StrEnum):
    """A role of the bootstrap stack, for the CDK's default qualifier.

    Attributes:
        LOOKUP: Reads and changes nothing; the pipeline's account must be trusted with it.
        DEPLOY: Deploys stacks, and may protect them.
        FILES: Writes the files of an assembly to the bootstrap bucket.
    """

    LOOKUP = "cdk-hnb659fds-lookup-role"
    DEPLOY = "cdk-hnb659fds-deploy-role"
    FILES = "cdk-hnb659fds-file-publishing-role"


def role_arn(role: BootstrapRole, *, account: str | None, region: str) -> str:
    """ARN of a role.

    Args:
        role: Which.
        account: Its account.
        region: The region that was bootstrapped.
    """
    return f"arn:{cdk.Aws.PARTITION}:iam::{account}:role/{role}-{account}-{region}"


def role_arns(role: BootstrapRole, deployment: Deployment) -> list[str]:
    """ARNs of a role in each region of a deployment, its own first.

    Args:
        role: Which.
        deployment: The deployment.
    """
    regions = [deployment.region]
    if deployment.auth.cognito.custom_domain:
        regions += [region for region in ["us-east-1"] if region != deployment.region]
    return [role_arn(role, account=deployment.account, region=region) for region in regions]
