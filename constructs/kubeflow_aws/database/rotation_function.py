"""The Lambda function that rotates the applications' credentials."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aws_cdk as cdk
import jsii
import pymysql
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.database.authorities import authority_file
from kubeflow_aws.functions.in_vpc import open_way, role_in_vpc
from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps

CODE: Final = Path(__file__).parent / "rotation"
RUNTIME: Final = lambda_.Runtime.PYTHON_3_14


@dataclass(frozen=True, kw_only=True, slots=True)
class RotationFunctionProps:
    """Inputs of `RotationFunction`.

    Attributes:
        region: Decides the authority of the database's certificate.
        vpc: Network of the database.
        host: The database's name in DNS.
        port: Its TCP port.
        database: Its security group, which is opened for the function.
        admin_secret_arn: Credentials of the master user.
        key: Key of all secrets.
        log_retention: How long its logs are kept.
        removal_policy: What becomes of its logs when the stack goes.
    """

    region: str
    vpc: ec2.IVpc
    host: str
    port: int
    database: ec2.SecurityGroup
    admin_secret_arn: str
    key: kms.IKey
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class RotationFunction(Construct):
    """A function in the private subnets that reaches the database and Secrets Manager.

    It may read the master user's secret; which secrets it may rotate, each of them adds.
    """

    function: lambda_.Function
    role: iam.Role

    def __init__(
        self, scope: Construct, construct_id: str, *, props: RotationFunctionProps
    ) -> None:
        super().__init__(scope, construct_id)
        group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=props.vpc,
            description="The rotation of database credentials",
            allow_all_outbound=False,
        )
        group.add_egress_rule(ec2.Peer.any_ipv4(), ec2.Port.tcp(443), "Secrets Manager")
        open_way(
            self,
            "DatabaseFromRotation",
            "RotationToDatabase",
            caller=group,
            called_id=props.database.security_group_id,
            port=props.port,
            description="Rotation of passwords",
        )
        self.role = self._create_role(props)
        self.function = lambda_.Function(
            self,
            "Function",
            description="Gives the applications of Kubeflow new database credentials",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_asset(
                str(CODE),
                asset_hash_type=cdk.AssetHashType.OUTPUT,
                bundling=cdk.BundlingOptions(
                    image=RUNTIME.bundling_image, local=_Package(authority_file(props.region))
                ),
            ),
            role=self.role,
            vpc=props.vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=props.vpc.private_subnets),
            security_groups=[group],
            timeout=cdk.Duration.seconds(60),
            log_group=EncryptedLogGroup(
                self,
                "Logs",
                props=EncryptedLogGroupProps(
                    retention=props.log_retention, removal_policy=props.removal_policy
                ),
            ).log_group,
            environment={
                "ADMIN_SECRET": props.admin_secret_arn,
                "DATABASE_HOST": props.host,
                "DATABASE_PORT": str(props.port),
            },
        )
        lambda_.CfnPermission(
            self,
            "Permission",
            action="lambda:InvokeFunction",
            function_name=self.function.function_arn,
            principal="secretsmanager.amazonaws.com",
            source_account=cdk.Stack.of(self).account,
        )

    def _create_role(self, props: RotationFunctionProps) -> iam.Role:
        role = role_in_vpc(self, "Role")
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"], resources=[props.admin_secret_arn]
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[props.key.key_arn],
                conditions={
                    "StringEquals": {
                        "kms:ViaService": f"secretsmanager.{props.region}.amazonaws.com"
                    }
                },
            )
        )
        return role


@jsii.implements(cdk.ILocalBundling)
class _Package:
    """The function's code with the MySQL client of this environment, which is pure Python."""

    def __init__(self, authority: Path) -> None:
        self._authority = authority

    def try_bundle(self, output_dir: str, *, image: cdk.DockerImage, **_: object) -> bool:
        del image
        target = Path(output_dir)
        shutil.copy(CODE / "index.py", target)
        shutil.copy(self._authority, target / "rds-authority.pem")
        shutil.copytree(
            Path(pymysql.__file__).parent,
            target / "pymysql",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        return True
