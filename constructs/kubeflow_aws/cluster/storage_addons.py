"""The CSI drivers of shared file systems, each with a role of its own."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.acknowledge import account_in_findings, acknowledge_wildcard
from kubeflow_aws.cluster.addons import ON_SYSTEM_NODES, AddonsProps, managed_addon
from kubeflow_aws.cluster.pod_role import PodRole, PodRoleProps
from kubeflow_aws.cluster.service_linked_role import may_create_service_linked_role


def efs_mounting_role(scope: Construct, construct_id: str, *, cluster: eks.ICluster) -> PodRole:
    """Who mounts file systems in EFS: the driver's daemon on each node, with a role of its own.

    The role may do nothing by itself: the file system says what it may (`SharedFiles`). The daemon
    signs a mount where a volume says `iam` among its mount options, with what Pod Identity gives it
    if it was there when the daemon's pod started, else with its node's role (aws/efs-utils v3.2.0,
    src/efs_utils_common/aws_credentials.py; aws-efs-csi-driver v3.4.1, pkg/driver/node.go).

    Args:
        scope: Where it is created.
        construct_id: Its id there.
        cluster: The cluster that the driver runs in.
    """
    return PodRole(
        scope,
        construct_id,
        props=PodRoleProps(
            cluster=cluster, namespace="kube-system", service_account="efs-csi-node-sa"
        ),
    )


class EfsCsiAddon(Construct):
    """The driver of Amazon EFS: an access point for each claim.

    AWS's policy for it changes only access points that the driver tagged (AWS managed policy
    `AmazonEFSCSIDriverPolicy`).

    Attributes:
        mounting_role: Who mounts on nodes.
    """

    mounting_role: iam.IRole

    def __init__(self, scope: Construct, construct_id: str, *, props: AddonsProps) -> None:
        super().__init__(scope, construct_id)
        role = PodRole(
            self,
            "Role",
            props=PodRoleProps(
                cluster=props.cluster,
                namespace="kube-system",
                service_account="efs-csi-controller-sa",
                managed_policy="service-role/AmazonEFSCSIDriverPolicy",
            ),
        )
        mounting = efs_mounting_role(self, "MountingRole", cluster=props.cluster)
        self.mounting_role = mounting.role
        addon = managed_addon(
            self,
            "Addon",
            props,
            "aws-efs-csi-driver",
            props.versions.efs_csi,
            configuration={"controller": ON_SYSTEM_NODES},
        )
        # Pods that start before their association never hear of it.
        addon.node.add_dependency(role, mounting)


class FsxCsiAddon(Construct):
    """The driver of Amazon FSx for Lustre: mounts file systems, and makes one for a claim.

    AWS offers `AmazonFSxFullAccess` for it, which could delete any file system of the account;
    this role deletes only those that the driver made.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AddonsProps) -> None:
        super().__init__(scope, construct_id)
        pod_role = PodRole(
            self,
            "Role",
            props=PodRoleProps(
                cluster=props.cluster,
                namespace="kube-system",
                service_account="fsx-csi-controller-sa",
            ),
        )
        self._grant(pod_role.role)
        addon = managed_addon(
            self,
            "Addon",
            props,
            "aws-fsx-csi-driver",
            props.versions.fsx_csi,
            configuration={"controller": ON_SYSTEM_NODES},
        )
        addon.node.add_dependency(pod_role)

    def _grant(self, role: iam.IRole) -> None:
        stack = cdk.Stack.of(self)
        file_systems = stack.format_arn(service="fsx", resource="file-system", resource_name="*")
        # Set by the driver on every file system that it makes (aws-fsx-csi-driver,
        # pkg/cloud/cloud.go, VolumeNameTagKey).
        made_by_driver = {"Null": {"aws:ResourceTag/CSIVolumeName": "false"}}
        policy = iam.Policy(
            self,
            "Policy",
            roles=[role],
            statements=[
                iam.PolicyStatement(actions=["fsx:DescribeFileSystems"], resources=["*"]),
                iam.PolicyStatement(
                    actions=["fsx:CreateFileSystem", "fsx:TagResource"],
                    resources=[file_systems],
                    conditions={"Null": {"aws:RequestTag/CSIVolumeName": "false"}},
                ),
                iam.PolicyStatement(
                    actions=["fsx:DeleteFileSystem", "fsx:UpdateFileSystem"],
                    resources=[file_systems],
                    conditions=made_by_driver,
                ),
                may_create_service_linked_role(
                    self, service="fsx.amazonaws.com", role="AWSServiceRoleForAmazonFSx"
                ),
            ],
        )
        account = account_in_findings(stack)
        acknowledge_wildcard(
            policy,
            resource="*",
            reason="DescribeFileSystems, by which the driver waits for a new one, knows no "
            "resources.",
        )
        acknowledge_wildcard(
            policy,
            resource=f"arn:{stack.partition}:fsx:{stack.region}:{account}:file-system/*",
            reason="File systems for claims have no names before; the conditions bind the role to "
            "those that the driver tags.",
        )
