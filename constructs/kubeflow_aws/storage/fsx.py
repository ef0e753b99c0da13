"""Amazon FSx for Lustre: fast files for training, with the bucket's artifacts among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_fsx as fsx
from aws_cdk import aws_kms as kms
from constructs import Construct

from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX
from kubeflow_aws.deployment.storage import THROUGHPUTS, FsxSettings, LustreType
from kubeflow_aws.logs.group import kept_in_production
from kubeflow_aws.storage.file_systems import FsxVolumes
from kubeflow_aws.storage.lustre_security_group import LustreSecurityGroup

PROFILES_FOLDER: Final = "profiles"
"""Under it every profile has a folder of its name, and mounts nothing else."""

BACKUP_DAYS: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class FastFilesProps:
    """Inputs of `FastFiles`.

    Attributes:
        settings: The deployment file's section `storage.fsx`.
        vpc: Its network; it stands in the first private subnet.
        security_group: Of its interfaces.
        artifacts: The bucket to link it with, if any.
        production: Whether it has backups, and its key outlives the stack.
    """

    settings: FsxSettings
    vpc: ec2.IVpc
    security_group: LustreSecurityGroup
    artifacts: ArtifactStore | None
    production: bool


class FastFiles(Construct):
    """A file system for Lustre clients.

    Linked with the bucket, `profiles/NAME` holds what is under `private-artifacts/NAME/`: objects
    appear as files when they are made, and files go to the bucket when they are closed. FSx takes
    no backups of a linked file system (User Guide, "Working with backups"): the bucket is one.
    """

    volumes: FsxVolumes

    def __init__(self, scope: Construct, construct_id: str, *, props: FastFilesProps) -> None:
        super().__init__(scope, construct_id)
        subnet_id = props.vpc.private_subnets[0].subnet_id
        group_id = props.security_group.group.security_group_id
        key = kms.Key(
            self,
            "Key",
            description="Fast files of Kubeflow",
            enable_key_rotation=True,
            # A backup cannot be read without it.
            removal_policy=kept_in_production(production=props.production),
        )
        # FSx looks at the rules before it makes anything, and may see them late (believed: others
        # report that the first try fails where nothing lies between). The key takes its time.
        key.node.add_dependency(*props.security_group.rules)
        file_system = fsx.CfnFileSystem(
            self,
            "FileSystem",
            file_system_type="LUSTRE",
            file_system_type_version="2.15",
            storage_capacity=props.settings.storage_gib,
            storage_type="SSD",
            subnet_ids=[subnet_id],
            security_group_ids=[group_id],
            kms_key_id=key.key_arn,
            lustre_configuration=_configuration(props),
        )
        file_system.node.add_dependency(*props.security_group.rules)
        if props.artifacts:
            self._link(file_system, props.artifacts)
        self.volumes = FsxVolumes(
            file_system_id=file_system.ref,
            dns_name=file_system.attr_dns_name,
            mount_name=file_system.attr_lustre_mount_name,
            security_group_id=group_id,
            subnet_id=subnet_id,
        )

    def _link(self, file_system: fsx.CfnFileSystem, artifacts: ArtifactStore) -> None:
        events = ["NEW", "CHANGED", "DELETED"]
        fsx.CfnDataRepositoryAssociation(
            self,
            "Artifacts",
            file_system_id=file_system.ref,
            file_system_path=f"/{PROFILES_FOLDER}",
            data_repository_path=f"s3://{artifacts.bucket_name}/{PROFILES_PREFIX}/",
            # What is in the bucket already.
            batch_import_meta_data_on_create=True,
            s3=fsx.CfnDataRepositoryAssociation.S3Property(
                auto_import_policy=fsx.CfnDataRepositoryAssociation.AutoImportPolicyProperty(
                    events=events
                ),
                auto_export_policy=fsx.CfnDataRepositoryAssociation.AutoExportPolicyProperty(
                    events=events
                ),
            ),
        )


def _configuration(props: FastFilesProps) -> fsx.CfnFileSystem.LustreConfigurationProperty:
    settings = props.settings
    weekly = "7:03:00"
    if settings.type is LustreType.SCRATCH_2:
        return fsx.CfnFileSystem.LustreConfigurationProperty(
            deployment_type="SCRATCH_2",
            data_compression_type="LZ4",
            weekly_maintenance_start_time=weekly,
        )
    backed_up = props.production and not props.artifacts
    return fsx.CfnFileSystem.LustreConfigurationProperty(
        deployment_type="PERSISTENT_2",
        per_unit_storage_throughput=settings.throughput or THROUGHPUTS[0],
        data_compression_type="LZ4",
        weekly_maintenance_start_time=weekly,
        automatic_backup_retention_days=BACKUP_DAYS if backed_up else 0,
        # The same in every environment: AWS replaces a file system, with its files, to change it.
        copy_tags_to_backups=False,
    )
