"""What Karpenter needs in AWS: a role, EC2's warnings, and a profile for the nodes it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.cluster.interruption_queue import InterruptionQueue
from kubeflow_aws.cluster.karpenter_role import KarpenterRole, KarpenterRoleProps
from kubeflow_aws.objects.placeholders import Placeholder


@dataclass(frozen=True, kw_only=True, slots=True)
class AutoscalingProps:
    """Inputs of `Autoscaling`.

    Attributes:
        cluster: The cluster.
        name: Its name, as text.
        vpc_id: Its network.
        node_role: Role of all its nodes.
    """

    cluster: eks.ICluster
    name: str
    vpc_id: str
    node_role: iam.Role


class Autoscaling(Construct):
    """Prepares what the component `karpenter` runs with.

    Attributes:
        instance_profile: Name of the profile of its nodes.
        values: The placeholders of the component.
    """

    instance_profile: str
    values: Mapping[Placeholder, str]

    def __init__(self, scope: Construct, construct_id: str, *, props: AutoscalingProps) -> None:
        super().__init__(scope, construct_id)
        profile = iam.InstanceProfile(self, "NodeProfile", role=props.node_role)
        interruptions = InterruptionQueue(self, "Interruptions")
        KarpenterRole(
            self,
            "Role",
            props=KarpenterRoleProps(
                cluster=props.cluster,
                name=props.name,
                vpc_id=props.vpc_id,
                node_role_arn=props.node_role.role_arn,
                queue_arn=interruptions.queue.queue_arn,
            ),
        )
        self.instance_profile = profile.instance_profile_name
        self.values = {
            Placeholder.CLUSTER_NAME: props.cluster.cluster_name,
            Placeholder.CLUSTER_ENDPOINT: props.cluster.cluster_endpoint,
            Placeholder.INTERRUPTION_QUEUE: interruptions.queue.queue_name,
            Placeholder.REGION: interruptions.queue.env.region,
        }
