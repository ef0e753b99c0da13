"""Credentials of whoever runs an operation, or of a role that they may assume."""

from __future__ import annotations

import boto3
from botocore.config import Config

from kubeflow_aws.errors import UserError


def session_of(region: str, role_arn: str | None, config: Config | None = None) -> boto3.Session:
    """A session in a region, as a role if one is named.

    Args:
        region: Region of the deployment.
        role_arn: The role; the credentials at hand if there is none.
        config: Timeouts of the call that assumes the role.

    Raises:
        UserError: The role cannot be assumed.
    """
    session = boto3.Session(region_name=region)
    if role_arn is None:
        return session
    try:
        answer = session.client("sts", config=config).assume_role(
            RoleArn=role_arn, RoleSessionName="kubeflow-aws-operations"
        )
    except Exception as error:  # boto3 makes its classes of errors at run time
        raise UserError(f"{role_arn}: cannot be assumed: {error}") from None
    credentials = answer["Credentials"]
    return boto3.Session(
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
