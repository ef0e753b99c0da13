"""How pods reach the shared file systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.deployment.storage import THROUGHPUTS, FsxSettings, LustreType, Storage
from kubeflow_aws.objects.placeholders import Placeholder, Value
from kubeflow_aws.storage.file_systems import EfsVolumes, FsxVolumes
from kubeflow_aws.storage.ports import LUSTRE, NFS


@dataclass(frozen=True, kw_only=True, slots=True)
class StorageAccessProps:
    """Inputs of `StorageAccess`.

    Attributes:
        cluster: Cluster of the pods.
        settings: The deployment file's section `storage`.
        efs: The file system in EFS, if there is one.
        fsx: The file system in FSx, if there is one.
    """

    cluster: eks.ICluster
    settings: Storage
    efs: EfsVolumes | None
    fsx: FsxVolumes | None


class StorageAccess(Construct):
    """Opens the file systems for the cluster's nodes, which mount them for pods.

    Lustre wants rules in both directions (FSx for Lustre User Guide, "File System Access Control
    with Amazon VPC", rules of clients).

    Attributes:
        values: The placeholders of the components `efs` and `fsx`.
    """

    values: Mapping[Placeholder, Value]

    def __init__(self, scope: Construct, construct_id: str, *, props: StorageAccessProps) -> None:
        super().__init__(scope, construct_id)
        self._nodes = props.cluster.cluster_security_group_id
        values: dict[Placeholder, Value] = {}
        if props.efs:
            self._open("Efs", props.efs.security_group_id, NFS, "NFS")
            values |= {
                Placeholder.EFS_FILE_SYSTEM: props.efs.file_system_id,
                Placeholder.EFS_STORAGE_CLASS: props.settings.efs.storage_class,
            }
        if props.fsx:
            for first, last in LUSTRE:
                self._open(f"Fsx{first}", props.fsx.security_group_id, (first, last), "Lustre")
                self._call_back(first, last, props.fsx.security_group_id)
            values |= _fsx_values(props.fsx, props.settings.fsx)
        self.values = values

    def _open(self, name: str, group_id: str, ports: tuple[int, int], what: str) -> None:
        first, last = ports
        ec2.CfnSecurityGroupIngress(
            self,
            name,
            description=f"{what} from the nodes of the cluster",
            group_id=group_id,
            source_security_group_id=self._nodes,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
        )

    def _call_back(self, first: int, last: int, group_id: str) -> None:
        """Let the servers of Lustre call their clients: that is no answer to a connection."""
        ec2.CfnSecurityGroupIngress(
            self,
            f"FsxCallsBack{first}",
            description="Servers of Lustre",
            group_id=self._nodes,
            source_security_group_id=group_id,
            ip_protocol="tcp",
            from_port=first,
            to_port=last,
        )


def _fsx_values(fsx: FsxVolumes, settings: FsxSettings) -> Mapping[Placeholder, Value]:
    persistent = settings.type is LustreType.PERSISTENT_2
    return {
        Placeholder.FSX_DEPLOYMENT_TYPE: "PERSISTENT_2" if persistent else "SCRATCH_2",
        Placeholder.FSX_SECURITY_GROUP: fsx.security_group_id,
        Placeholder.FSX_STORAGE_CLASS: settings.storage_class,
        Placeholder.FSX_SUBNET: fsx.subnet_id,
        # SCRATCH_2 knows no such setting.
        Placeholder.FSX_THROUGHPUT: (
            str(settings.throughput or THROUGHPUTS[0]) if persistent else ()
        ),
    }
