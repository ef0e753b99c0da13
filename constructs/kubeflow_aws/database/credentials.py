"""The credentials of one application for the metadata database."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kubeflow_aws.database.connection import Application, secret_name
from kubeflow_aws.database.rotation_function import RotationFunction


@dataclass(frozen=True, kw_only=True, slots=True)
class ApplicationCredentialsProps:
    """Inputs of `ApplicationCredentials`.

    Attributes:
        deployment: Name of the deployment, the first part of the secret's.
        application: Whose they are.
        key: Encrypts the secret.
        rotation: Rotates it.
        rotation_days: How often.
    """

    deployment: str
    application: Application
    key: kms.IKey
    rotation: RotationFunction
    rotation_days: int


class ApplicationCredentials(Construct):
    """A secret, JSON with username and password, that is rotated.

    Nothing in it comes from another resource: its value must only ever change by rotation, or the
    database would not know of it.
    """

    secret: secretsmanager.Secret

    def __init__(
        self, scope: Construct, construct_id: str, *, props: ApplicationCredentialsProps
    ) -> None:
        super().__init__(scope, construct_id)
        application = props.application
        self.secret = secretsmanager.Secret(
            self,
            "Secret",
            secret_name=secret_name(props.deployment, application),
            description=f"Credentials of {application.capitalize()} for the metadata database",
            encryption_key=props.key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template=f'{{"username": "{application}_a"}}',
                generate_string_key="password",
                password_length=32,
                # It stands in SQL and in a configuration file.
                exclude_punctuation=True,
            ),
            # It opens nothing without the database.
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        may_rotate = iam.Policy(
            self,
            "MayRotate",
            roles=[props.rotation.role],
            statements=[
                iam.PolicyStatement(
                    actions=[
                        "secretsmanager:DescribeSecret",
                        "secretsmanager:GetSecretValue",
                        "secretsmanager:PutSecretValue",
                        "secretsmanager:UpdateSecretVersionStage",
                    ],
                    resources=[self.secret.secret_arn],
                )
            ],
        )
        schedule = secretsmanager.CfnRotationSchedule(
            self,
            "Rotation",
            secret_id=self.secret.secret_arn,
            rotation_lambda_arn=props.rotation.function.function_arn,
            # The users do not exist before the bootstrap Job has run. What Secrets Manager tries at
            # once instead, does without them (rotation/index.py, test_secret).
            rotate_immediately_on_update=False,
            rotation_rules=secretsmanager.CfnRotationSchedule.RotationRulesProperty(
                automatically_after_days=props.rotation_days
            ),
        )
        schedule.node.add_dependency(may_rotate, props.rotation)
