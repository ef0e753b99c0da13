"""The Data stack: RDS for metadata, S3 for artifacts, and their credentials."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_kms as kms
from constructs import Construct

from kubeflow_aws.artifacts.bucket import ArtifactBucket, ArtifactBucketProps
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.backups.daily import DailyBackups, DailyBackupsProps
from kubeflow_aws.database.connection import Application, DatabaseConnection
from kubeflow_aws.database.credentials import (
    ApplicationCredentials,
    ApplicationCredentialsProps,
)
from kubeflow_aws.database.instance import PORT, DatabaseInstance, DatabaseInstanceProps
from kubeflow_aws.database.rotation_function import RotationFunction, RotationFunctionProps
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.logs.group import kept_in_production, log_retention
from kubeflow_aws.network.place import Place
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class DataStackProps:
    """What `DataStack` takes from the deployment file and from the Network stack.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        network: Network of the database.
    """

    deployment: Deployment
    env: cdk.Environment
    network: Place


class DataStack(NamedStack):
    """Holds what outlives the cluster; the Platform stack takes `database` and `artifacts`."""

    database: DatabaseConnection | None
    artifacts: ArtifactStore | None

    def __init__(self, scope: Construct, construct_id: str, *, props: DataStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="metadata and artifacts")
        self.database = None
        self.artifacts = None
        if props.deployment.database_option is Database.RDS:
            self.database = self._create_database(props)
        if props.deployment.artifacts_option is Artifacts.S3:
            self.artifacts = self._create_bucket(props.deployment)

    def _create_database(self, props: DataStackProps) -> DatabaseConnection:
        deployment, production = props.deployment, props.deployment.is_production
        vpc = props.network.vpc_in(self)
        key = kms.Key(
            self,
            "DatabaseKey",
            description="Metadata of Kubeflow, and the credentials for it",
            enable_key_rotation=True,
            # A snapshot or a backup cannot be read without it.
            removal_policy=kept_in_production(production=production),
        )
        metadata = DatabaseInstance(
            self,
            "Database",
            props=DatabaseInstanceProps(
                name=deployment.name,
                vpc=vpc,
                settings=deployment.rds,
                key=key,
                production=production,
                protected=deployment.is_protected,
            ),
        )
        instance = metadata.instance
        if production:
            # Beside the instance's own: these stay when somebody deletes it.
            arn = f"arn:{self.partition}:rds:{self.region}:{self.account}:db:{instance.ref}"
            DailyBackups(
                self,
                "Backups",
                props=DailyBackupsProps(resources=[backup.BackupResource.from_arn(arn)]),
            )
        rotation = RotationFunction(
            self,
            "Rotation",
            props=RotationFunctionProps(
                region=deployment.region,
                vpc=vpc,
                host=instance.attr_endpoint_address,
                port=PORT,
                database=metadata.security_group,
                admin_secret_arn=instance.attr_master_user_secret_secret_arn,
                key=key,
                log_retention=log_retention(production=production),
                removal_policy=kept_in_production(production=production),
            ),
        )
        return DatabaseConnection(
            instance_name=instance.ref,
            host=instance.attr_endpoint_address,
            port=PORT,
            security_group_id=metadata.security_group.security_group_id,
            admin_secret_arn=instance.attr_master_user_secret_secret_arn,
            audit_log_name=metadata.audit_log.log_group_name,
            rotation_function_name=rotation.function.function_name,
            secret_arns={
                application: ApplicationCredentials(
                    self,
                    f"{application.capitalize()}Credentials",
                    props=ApplicationCredentialsProps(
                        deployment=deployment.name,
                        application=application,
                        key=key,
                        rotation=rotation,
                        rotation_days=deployment.rds.rotation_days,
                    ),
                ).secret.secret_arn
                for application in Application
            },
            key_arn=key.key_arn,
        )

    def _create_bucket(self, deployment: Deployment) -> ArtifactStore:
        artifacts = ArtifactBucket(
            self,
            "Artifacts",
            props=ArtifactBucketProps(
                settings=deployment.s3,
                production=deployment.is_production,
                linked=deployment.links_artifacts,
            ),
        )
        cdk.CfnOutput(
            self,
            "ArtifactBucket",
            description="Where pipelines keep their artifacts",
            value=artifacts.store.bucket_name,
        )
        return artifacts.store
