"""An instance of RDS for MySQL 8.4 for the metadata of Pipelines and Katib."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_rds as rds
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.checks.managed_policies import service_role
from kubeflow_aws.database.authorities import AUTHORITY
from kubeflow_aws.deployment.database import (
    MAJOR_VERSION,
    WITHOUT_PERFORMANCE_INSIGHTS,
    RdsSettings,
)
from kubeflow_aws.logs.group import (
    EncryptedLogGroup,
    EncryptedLogGroupProps,
    kept_in_production,
    log_retention,
)

PORT: Final = 3307
"""Not MySQL's own, which scanners try first; every client takes it from its configuration."""

MAX_CONNECTIONS: Final = 300
"""A limit of its own: the default follows the memory, which no alarm can read."""

LOGS: Final = ("audit", "error", "slowquery")
"""Not ``general``: it would hold every statement, with what users named their runs and models."""

PARAMETERS: Final = {
    # ML Metadata 1.14, the metadata store of Pipelines 2.17, knows no other plugin
    # (google/ml-metadata#178). The master user is created by whatever stands here.
    "authentication_policy": "*:mysql_native_password",
    "log_output": "FILE",
    "long_query_time": "2",
    "max_connections": str(MAX_CONNECTIONS),
    # REQUIRE SSL binds the applications' users; this, the master user too.
    "require_secure_transport": "1",
    "slow_query_log": "1",
}
"""Set before the instance exists (kubeflow/pipelines#9549)."""

MONITORING_SECONDS: Final = 60
MONITORING_POLICY: Final = "service-role/AmazonRDSEnhancedMonitoringRole"

AUDITED: Final = "CONNECT,QUERY_DCL"
"""Who came, who was turned away, and who got rights or lost them.

Of statements, only those that make and drop users, grant and revoke (RDS User Guide, "MariaDB
Audit Plugin support for MySQL"). The other events would hold what users named their runs and
models. ``ALTER USER``, by which passwords rotate, is in the widest alone, so no password that is
in use can be there (aws/audit-plugin-for-mysql, server_audit.cc, sql_command_to_cmdtype).
"""

UNEXPORTED_LOGS: Final = {
    "general": "The general log has every statement in it, the pipelines' parameters and new "
    "passwords included.",
}
"""Logs that NIST 800-53 r5 asks for, and why they stay in the instance."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseInstanceProps:
    """Inputs of `DatabaseInstance`.

    Attributes:
        name: Prefix of the instance's name.
        vpc: Network of the instance; it stands in the private subnets.
        settings: The deployment file's section `rds`.
        key: Encrypts storage, backups, insights and the master user's secret.
        production: Decides whatever the settings leave out.
        protected: Whether AWS refuses to delete it.
    """

    name: str
    vpc: ec2.IVpc
    settings: RdsSettings
    key: kms.IKey
    production: bool
    protected: bool


class DatabaseInstance(Construct):
    """A private, encrypted instance whose master password RDS makes and rotates.

    Made of the L1 resource: the L2 instance always makes a secret of its own for the master user.
    """

    instance: rds.CfnDBInstance
    audit_log: logs.LogGroup
    security_group: ec2.SecurityGroup

    def __init__(
        self, scope: Construct, construct_id: str, *, props: DatabaseInstanceProps
    ) -> None:
        super().__init__(scope, construct_id)
        settings, production = props.settings, props.production
        self._name = f"{props.name}-metadata"
        instance_class = settings.class_of(production=production)
        retention = settings.backup_retention_days
        multi_az = settings.multi_az
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=props.vpc,
            description="The metadata database of Kubeflow",
            allow_all_outbound=False,
        )
        insights = instance_class not in WITHOUT_PERFORMANCE_INSIGHTS
        # With a snapshot these are the snapshot's own, and CloudFormation refuses them
        # (AWS::RDS::DBInstance, DBSnapshotIdentifier).
        is_new = settings.snapshot is None
        self.instance = rds.CfnDBInstance(
            self,
            "Instance",
            db_instance_identifier=self._name,
            engine="mysql",
            engine_version=settings.version,
            db_instance_class=instance_class,
            db_parameter_group_name=rds.CfnDBParameterGroup(
                self,
                "Parameters",
                description=f"MySQL {MAJOR_VERSION} for Kubeflow",
                family=f"mysql{MAJOR_VERSION}",
                parameters=PARAMETERS,
            ).ref,
            option_group_name=self._audit(production=production).ref,
            db_subnet_group_name=rds.CfnDBSubnetGroup(
                self,
                "Subnets",
                db_subnet_group_description="Private subnets of the Kubeflow VPC",
                subnet_ids=[subnet.subnet_id for subnet in props.vpc.private_subnets],
            ).ref,
            vpc_security_groups=[self.security_group.security_group_id],
            publicly_accessible=False,
            port=str(PORT),
            ca_certificate_identifier=AUTHORITY,
            db_snapshot_identifier=settings.snapshot,
            master_username="admin" if is_new else None,
            manage_master_user_password=True,
            master_user_secret=rds.CfnDBInstance.MasterUserSecretProperty(
                kms_key_id=props.key.key_arn
            ),
            storage_encrypted=True if is_new else None,
            kms_key_id=props.key.key_arn if is_new else None,
            storage_type="gp3",
            allocated_storage=str(settings.storage_gib),
            max_allocated_storage=settings.max_storage_gib,
            multi_az=production if multi_az is None else multi_az,
            backup_retention_period=(14 if production else 1) if retention is None else retention,
            copy_tags_to_snapshot=True,
            delete_automated_backups=not production,
            deletion_protection=props.protected,
            auto_minor_version_upgrade=True,
            enable_cloudwatch_logs_exports=list(LOGS),
            enable_performance_insights=insights,
            performance_insights_kms_key_id=props.key.key_arn if insights else None,
            performance_insights_retention_period=7 if insights else None,
            monitoring_interval=MONITORING_SECONDS if production else None,
            monitoring_role_arn=self._monitoring_role().role_arn if production else None,
        )
        self.instance.apply_removal_policy(
            cdk.RemovalPolicy.SNAPSHOT if production else cdk.RemovalPolicy.DESTROY
        )
        log_groups = self._create_log_groups(production=production)
        self.audit_log = log_groups["audit"].log_group
        self.instance.node.add_dependency(*log_groups.values())
        self._acknowledge(props)

    def _monitoring_role(self) -> iam.Role:
        """May write what the instance's operating system says to CloudWatch."""
        return service_role(
            self,
            "MonitoringRole",
            service="monitoring.rds.amazonaws.com",
            policies=[MONITORING_POLICY],
            reason="AWS's own policy for enhanced monitoring: it writes to one log group alone.",
        )

    def _audit(self, *, production: bool) -> rds.CfnOptionGroup:
        """The option that writes the log ``audit``."""
        group = rds.CfnOptionGroup(
            self,
            "Options",
            engine_name="mysql",
            major_engine_version=MAJOR_VERSION,
            option_group_description="The audit log of Kubeflow's metadata database",
            option_configurations=[
                rds.CfnOptionGroup.OptionConfigurationProperty(
                    option_name="MARIADB_AUDIT_PLUGIN",
                    option_settings=[
                        rds.CfnOptionGroup.OptionSettingProperty(
                            name="SERVER_AUDIT_EVENTS", value=AUDITED
                        )
                    ],
                )
            ],
        )
        # A snapshot refers to the group of its instance, and RDS deletes none that is referred to
        # (RDS User Guide, "Deleting an option group"). Production leaves one.
        group.apply_removal_policy(kept_in_production(production=production))
        return group

    def _create_log_groups(self, *, production: bool) -> Mapping[str, EncryptedLogGroup]:
        """RDS writes to these names; created first, they have our key and retention."""
        return {
            log: EncryptedLogGroup(
                self,
                f"{log.capitalize()}Logs",
                props=EncryptedLogGroupProps(
                    name=f"/aws/rds/instance/{self._name}/{log}",
                    retention=log_retention(production=production),
                    removal_policy=kept_in_production(production=production),
                ),
            )
            for log in LOGS
        }

    def _acknowledge(self, props: DatabaseInstanceProps) -> None:
        for log, reason in UNEXPORTED_LOGS.items():
            acknowledge(
                self.instance,
                finding=f"NIST.800.53.R5-RDSLoggingEnabled[LogExport::{log}]",
                reason=reason,
            )
        if not self.instance.multi_az:
            acknowledge(
                self.instance,
                finding="AwsSolutions-RDS3",
                reason="One zone by the deployment file: outside production, or by rds.multi_az.",
            )
        if not self.instance.deletion_protection:
            acknowledge(
                self.instance,
                finding="AwsSolutions-RDS10",
                reason="Unprotected by the deployment file: outside of production, or by "
                "deletion_protection.",
            )
        if props.settings.snapshot:
            for finding in ("AwsSolutions-RDS2", "NIST.800.53.R5-RDSStorageEncrypted"):
                acknowledge(
                    self.instance,
                    finding=finding,
                    reason="Encrypted as the snapshot is that it is made from (rds.snapshot); "
                    "CloudFormation takes no other word for it.",
                )
        if props.settings.backup_retention_days == 0:
            acknowledge(
                self.instance,
                finding="AwsSolutions-RDS13",
                reason="No backups by rds.backup_retention_days, which production refuses.",
            )
