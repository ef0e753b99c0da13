"""Amazon EFS: files that many pods read and write, in all zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_efs as efs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from kubeflow_aws.backups.daily import DailyBackups, DailyBackupsProps
from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.logs.group import kept_in_production
from kubeflow_aws.storage.file_systems import EfsVolumes

OWNER: Final = ("1000", "100")
"""The user `jovyan` and the group `users` of upstream's notebook images
(kubeflow/kubeflow v1.10, components/example-notebook-servers/base/Dockerfile); why not another one
for each profile: docs/decisions/0027-nodes-mount-and-pods-do-not.md."""

EXAMPLE_FOLDER: Final = "/example"
"""Of examples/storage/efs-static-volume.yaml."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedFilesProps:
    """Inputs of `SharedFiles`.

    Attributes:
        vpc: Network of the mount targets, one per zone.
        mounting_role: Who may mount it.
        backups: Whether AWS Backup copies it every day.
        production: Whether it outlives the stack.
    """

    vpc: ec2.IVpc
    mounting_role: iam.IRole
    backups: bool
    production: bool


class SharedFiles(Construct):
    """An encrypted file system whose throughput follows what pods do with it.

    Its policy admits one role, that of the CSI driver on the nodes, and that through access points
    alone, each of which shows one folder and makes everybody one user. Nobody is root.
    """

    volumes: EfsVolumes
    access_point: efs.AccessPoint

    def __init__(self, scope: Construct, construct_id: str, *, props: SharedFilesProps) -> None:
        super().__init__(scope, construct_id)
        removal_policy = kept_in_production(production=props.production)
        security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=props.vpc,
            description="Mount targets of the shared files of Kubeflow",
            allow_all_outbound=False,
        )
        file_system = efs.FileSystem(
            self,
            "FileSystem",
            vpc=props.vpc,
            vpc_subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            security_group=security_group,
            encrypted=True,
            kms_key=kms.Key(
                self,
                "Key",
                description="Shared files of Kubeflow",
                enable_key_rotation=True,
                removal_policy=removal_policy,
            ),
            throughput_mode=efs.ThroughputMode.ELASTIC,
            # What nobody read for a month costs a fifteenth; the first read brings it back.
            lifecycle_policy=efs.LifecyclePolicy.AFTER_30_DAYS,
            out_of_infrequent_access_policy=efs.OutOfInfrequentAccessPolicy.AFTER_1_ACCESS,
            enable_automatic_backups=props.backups and not props.production,
            removal_policy=removal_policy,
            file_system_policy=self._policy(props.mounting_role),
            # Else CDK adds a statement of its own, by which every client may be root.
            allow_anonymous_access=True,
        )
        self._back_up(file_system, props)
        user, group = OWNER
        self.access_point = file_system.add_access_point(
            "Example",
            path=EXAMPLE_FOLDER,
            posix_user=efs.PosixUser(uid=user, gid=group),
            create_acl=efs.Acl(owner_uid=user, owner_gid=group, permissions="770"),
        )
        # Whoever knows the id mounts it: not before it can be mounted.
        self.access_point.node.add_dependency(file_system.mount_targets_available)
        self.volumes = EfsVolumes(
            file_system_id=file_system.file_system_id,
            security_group_id=security_group.security_group_id,
        )

    def _back_up(self, file_system: efs.FileSystem, props: SharedFilesProps) -> None:
        """In production in a vault of ours, which stays when the file system goes."""
        if props.production and props.backups:
            DailyBackups(
                self,
                "Backups",
                props=DailyBackupsProps(
                    resources=[backup.BackupResource.from_efs_file_system(file_system)]
                ),
            )
        elif props.production:
            acknowledge(
                file_system,
                finding="NIST.800.53.R5-EFSInBackupPlan",
                reason="No backups by storage.efs.backups of the deployment file.",
            )

    def _policy(self, mounting_role: iam.IRole) -> iam.PolicyDocument:
        """Who may mount.

        EFS evaluates of a mount no condition keys but `aws:SecureTransport`, `aws:SourceIp` and
        those below (Amazon EFS User Guide, "Using IAM to control access to file systems").
        """
        access_points = cdk.Stack.of(self).format_arn(
            service="elasticfilesystem", resource="access-point", resource_name="*"
        )
        everybody = iam.AnyPrincipal()
        return iam.PolicyDocument(
            statements=[
                iam.PolicyStatement(
                    sid="ByTheDriver",
                    principals=[iam.ArnPrincipal(mounting_role.role_arn)],
                    actions=["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"],
                    conditions={
                        "Bool": {"elasticfilesystem:AccessedViaMountTarget": "true"},
                        "ArnLike": {"elasticfilesystem:AccessPointArn": access_points},
                    },
                ),
                # Binds also whom a policy of his own admits, such as administrators.
                iam.PolicyStatement(
                    sid="NeverAsAWhole",
                    effect=iam.Effect.DENY,
                    principals=[everybody],
                    actions=[
                        "elasticfilesystem:ClientMount",
                        "elasticfilesystem:ClientRootAccess",
                        "elasticfilesystem:ClientWrite",
                    ],
                    conditions={"Null": {"elasticfilesystem:AccessPointArn": "true"}},
                ),
                iam.PolicyStatement(
                    sid="NeverInTheClear",
                    effect=iam.Effect.DENY,
                    principals=[everybody],
                    actions=["*"],
                    conditions={"Bool": {"aws:SecureTransport": "false"}},
                ),
            ]
        )
