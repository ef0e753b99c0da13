"""The nodes of the platform itself: a managed group in all zones.

Users' work runs elsewhere: see `node_pools.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.managed_policies import service_role
from kubeflow_aws.deployment.cluster import SystemNodes
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM, SYSTEM_TAINT

NODE_POLICIES: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""The least a node needs (EKS User Guide, "Amazon EKS node IAM role"); the right to manage
network interfaces belongs to the VPC CNI's own role."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SystemNodeGroupProps:
    """Inputs of `SystemNodeGroup`.

    Attributes:
        cluster: The cluster that the nodes join.
        kubernetes_version: Its minor version, which the nodes follow one after another.
        nodes: Sizes and types from the deployment file.
        production: Whether what the file leaves out is production's.
    """

    cluster: eks.ICluster
    kubernetes_version: str
    nodes: SystemNodes
    production: bool


class SystemNodeGroup(Construct):
    """A managed node group, and the least-privilege role that all nodes of the cluster share.

    Pods cannot reach the instance metadata service (IMDSv2, hop limit 1), so they cannot take
    the node's role; those that need AWS have a role of their own.
    """

    group: eks.Nodegroup
    role: iam.Role

    def __init__(self, scope: Construct, construct_id: str, *, props: SystemNodeGroupProps) -> None:
        super().__init__(scope, construct_id)
        self.role = self._create_role()
        nodes = props.nodes
        template = self._create_launch_template(nodes.disk_gib)
        self.group = eks.Nodegroup(
            self,
            "System",
            cluster=props.cluster,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ami_type=eks.NodegroupAmiType.AL2023_X86_64_STANDARD,
            instance_types=[ec2.InstanceType(each) for each in nodes.instance_types],
            min_size=nodes.fewest(production=props.production),
            desired_size=nodes.at_start(production=props.production),
            max_size=nodes.max_size,
            capacity_type=eks.CapacityType.ON_DEMAND,
            node_role=self.role,
            labels={NODE_GROUP_LABEL: SYSTEM},
            # Users' pods would fill these nodes before Karpenter starts one for them.
            taints=[
                eks.TaintSpec(key=SYSTEM_TAINT, value="true", effect=eks.TaintEffect.NO_SCHEDULE)
            ],
            launch_template_spec=eks.LaunchTemplateSpec(
                id=str(template.launch_template_id), version=template.latest_version_number
            ),
            max_unavailable=1,
            enable_node_auto_repair=True,
        )
        # Without it nodes stay at the version that they were made with.
        resource = cast("eks.CfnNodegroup", self.group.node.default_child)
        resource.version = props.kubernetes_version

    def _create_role(self) -> iam.Role:
        return service_role(
            self,
            "NodeRole",
            service="ec2.amazonaws.com",
            policies=NODE_POLICIES,
            reason="EKS documents it as the least a node needs and extends it with new node "
            "images, which a copy of it would miss.",
        )

    def _create_launch_template(self, disk_gib: int) -> ec2.LaunchTemplate:
        return ec2.LaunchTemplate(
            self,
            "SystemTemplate",
            require_imdsv2=True,
            detailed_monitoring=True,
            http_put_response_hop_limit=1,
            block_devices=[
                ec2.BlockDevice(
                    device_name="/dev/xvda",
                    volume=ec2.BlockDeviceVolume.ebs(
                        disk_gib, encrypted=True, volume_type=ec2.EbsDeviceVolumeType.GP3
                    ),
                )
            ],
        )
