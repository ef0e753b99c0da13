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


class EfsCsiAddon(Construct):
    """The driver of Amazon EFS: an access point for each claim.

    AWS's policy for it changes only access points that the driver tagged (AWS managed policy
    `AmazonEFSCSIDriverPolicy`).
    """

    addon: eks.CfnAddon

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
        self.addon = managed_addon(
            self,
            "Addon",
            props,
            "aws-efs-csi-driver",
            props.versions.efs_csi,
            configuration={"controller": ON_SYSTEM_NODES},
        )
        self.addon.node.add_dependency(role)


class FsxCsiAddon(Construct):
    """The driver of Amazon FSx for Lustre: mounts file systems, and makes one for a claim.

    AWS offers `AmazonFSxFullAccess` for it, which could delete any file system of the account;
    this role deletes only those that the driver made.
    """

    addon: eks.CfnAddon
    role: iam.Role

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
        self.role = pod_role.role
        self._grant()
        self.addon = managed_addon(
            self,
            "Addon",
            props,
            "aws-fsx-csi-driver",
            props.versions.fsx_csi,
            configuration={"controller": ON_SYSTEM_NODES},
        )
        self.addon.node.add_dependency(pod_role)

    def _grant(self) -> None:
        stack = cdk.Stack.of(self)
        file_systems = stack.format_arn(service="fsx", resource="file-system", resource_name="*")
        # Set by the driver on every file system that it makes (aws-fsx-csi-driver,
        # pkg/cloud/cloud.go, VolumeNameTagKey).
        made_by_driver = {"Null": {"aws:ResourceTag/CSIVolumeName": "false"}}
        policy = iam.Policy(
            self,
            "Policy",
            roles=[self.role],
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
