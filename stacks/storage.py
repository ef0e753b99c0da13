"""The Storage stack: file systems that many pods share."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.network.place import Place
from kubeflow_aws.storage.efs import SharedFiles, SharedFilesProps
from kubeflow_aws.storage.file_systems import EfsVolumes, FsxVolumes
from kubeflow_aws.storage.fsx import FastFiles, FastFilesProps
from kubeflow_aws.storage.lustre_security_group import LustreSecurityGroup
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageStackProps:
    """What `StorageStack` takes from the deployment file and from other stacks.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        network: Network of the file systems.
        artifacts: The bucket of artifacts, if there is one.
        efs_mounting_role: Who mounts file systems in EFS, if there is one.
    """

    deployment: Deployment
    env: cdk.Environment
    network: Place
    artifacts: ArtifactStore | None
    efs_mounting_role: iam.IRole | None


class StorageStack(NamedStack):
    """Holds files that outlive pods; the Platform stack takes `efs` and `fsx` from here."""

    efs: EfsVolumes | None
    fsx: FsxVolumes | None

    def __init__(self, scope: Construct, construct_id: str, *, props: StorageStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="shared file systems")
        deployment, production = props.deployment, props.deployment.is_production
        settings = deployment.storage
        vpc = props.network.vpc_in(self)
        lustre = LustreSecurityGroup(self, "Lustre", vpc=vpc)
        self.efs = None
        self.fsx = None
        if props.efs_mounting_role:
            backups = settings.efs.backups
            shared = SharedFiles(
                self,
                "SharedFiles",
                props=SharedFilesProps(
                    vpc=vpc,
                    mounting_role=props.efs_mounting_role,
                    backups=production if backups is None else backups,
                    production=production,
                ),
            )
            self.efs = shared.volumes
            cdk.CfnOutput(
                self,
                "ExampleVolume",
                description="volumeHandle of examples/storage/efs-static-volume.yaml",
                value=f"{shared.volumes.file_system_id}::{shared.access_point.access_point_id}",
            )
        if settings.fsx.enabled:
            self.fsx = FastFiles(
                self,
                "FastFiles",
                props=FastFilesProps(
                    settings=settings.fsx,
                    vpc=vpc,
                    security_group=lustre,
                    artifacts=props.artifacts if deployment.links_artifacts else None,
                    production=production,
                ),
            ).volumes
