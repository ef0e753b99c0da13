"""The nodes: one managed group each for the platform, for CPU work and for GPU work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge_managed_policy
from kubeflow_aws.deployment.cluster import Capacity, NodeGroup, NodeGroups

NODE_GROUP_LABEL: Final = "kubeflow-aws/node-group"
"""On every node; its value is the name of the group."""

GPU_TAINT: Final = eks.TaintSpec(
    key="nvidia.com/gpu", value="present", effect=eks.TaintEffect.NO_SCHEDULE
)
"""Keeps what asks for no GPU off the expensive nodes; Kubeflow's notebook form tolerates it."""

NODE_POLICIES: Final = ("AmazonEKSWorkerNodePolicy", "AmazonEC2ContainerRegistryPullOnly")
"""The least a node needs (EKS User Guide, "Amazon EKS node IAM role"); the right to manage
network interfaces belongs to the VPC CNI's own role."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowNodeGroupsProps:
    """Inputs of `KubeflowNodeGroups`.

    Attributes:
        cluster: The cluster that the nodes join.
        groups: Sizes and types from the deployment file.
    """

    cluster: eks.ICluster
    groups: NodeGroups


class KubeflowNodeGroups(Construct):
    """Three managed node groups whose nodes share one least-privilege role.

    Pods cannot reach the instance metadata service (IMDSv2, hop limit 1), so they cannot take
    the node's role; those that need AWS have a role of their own.
    """

    system: eks.Nodegroup
    cpu: eks.Nodegroup
    gpu: eks.Nodegroup

    def __init__(
        self, scope: Construct, construct_id: str, *, props: KubeflowNodeGroupsProps
    ) -> None:
        super().__init__(scope, construct_id)
        self._cluster = props.cluster
        self._role = self._create_role()
        standard = eks.NodegroupAmiType.AL2023_X86_64_STANDARD
        self.system = self._create_group("System", props.groups.system, standard)
        self.cpu = self._create_group("Cpu", props.groups.cpu, standard)
        self.gpu = self._create_group(
            "Gpu", props.groups.gpu, eks.NodegroupAmiType.AL2023_X86_64_NVIDIA, GPU_TAINT
        )

    def _create_role(self) -> iam.Role:
        role = iam.Role(
            self,
            "NodeRole",
            assumed_by=iam.ServicePrincipal("ec2.amazonaws.com"),
            managed_policies=[
                iam.ManagedPolicy.from_aws_managed_policy_name(name) for name in NODE_POLICIES
            ],
        )
        for name in NODE_POLICIES:
            acknowledge_managed_policy(
                role,
                policy=name,
                reason="EKS documents it as the least a node needs and extends it with new node "
                "images, which a copy of it would miss.",
            )
        return role

    def _create_group(
        self,
        name: str,
        group: NodeGroup,
        ami_type: eks.NodegroupAmiType,
        *taints: eks.TaintSpec,
    ) -> eks.Nodegroup:
        template = self._create_launch_template(name, group.disk_gib)
        return eks.Nodegroup(
            self,
            name,
            cluster=self._cluster,
            subnets=ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS),
            ami_type=ami_type,
            instance_types=[ec2.InstanceType(each) for each in group.instance_types],
            min_size=group.min_size,
            desired_size=group.min_size if group.desired_size is None else group.desired_size,
            max_size=group.max_size,
            capacity_type=(
                eks.CapacityType.SPOT
                if group.capacity is Capacity.SPOT
                else eks.CapacityType.ON_DEMAND
            ),
            node_role=self._role,
            labels={NODE_GROUP_LABEL: name.lower()},
            taints=list(taints),
            launch_template_spec=eks.LaunchTemplateSpec(
                id=str(template.launch_template_id), version=template.latest_version_number
            ),
            max_unavailable=1,
            enable_node_auto_repair=True,
        )

    def _create_launch_template(self, name: str, disk_gib: int) -> ec2.LaunchTemplate:
        return ec2.LaunchTemplate(
            self,
            f"{name}Template",
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
