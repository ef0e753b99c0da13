"""Credentials of whoever runs a command, or of a role that they may assume."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from kubeflow_aws.files.errors import UserError


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
        raise UserError(f"{role_arn}: cannot be assumed: {' '.join(str(error).split())}") from None
    credentials = answer["Credentials"]
    return boto3.Session(
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


@contextmanager
def refusals_in_a_sentence() -> Iterator[None]:
    """Within it, what AWS refuses, and credentials that are not there, are mistakes to report.

    Raises:
        UserError: A call failed; the text is botocore's own, on one line.
    """
    try:
        yield
    except NoCredentialsError:
        raise UserError(
            "there are no AWS credentials; sign in (aws sso login), or name a profile in "
            "AWS_PROFILE: `aws sts get-caller-identity` must answer"
        ) from None
    except (BotoCoreError, ClientError) as error:
        raise UserError(" ".join(str(error).split())) from None
