"""What the token trigger needs to follow groups: a way to the API server, and a name there."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks as eks_v1
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from kubeflow_aws.functions.in_vpc import may_run_in_vpc, open_way
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupsCluster:
    """The cluster in whose profiles groups have rights.

    Attributes:
        cluster: The cluster, one that is made here.
        vpc: Its network.
    """

    cluster: eks.ICluster
    vpc: ec2.IVpc


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterAccessProps:
    """Inputs of `ClusterAccess`.

    Attributes:
        groups_cluster: The cluster and its network.
        role: Role of the function.
    """

    groups_cluster: GroupsCluster
    role: iam.Role


class ClusterAccess(Construct):
    """A place in the private subnets, from which port 443 of the API server is open, and no more.

    The access entry gives the role a group of Kubernetes and no policy of EKS: what it may do there
    is in the role of that group. `complete` the function when it is there.
    """

    vpc: ec2.IVpc
    subnets: ec2.SubnetSelection
    security_group: ec2.SecurityGroup

    def __init__(self, scope: Construct, construct_id: str, *, props: ClusterAccessProps) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        cluster = props.groups_cluster.cluster
        self.vpc = props.groups_cluster.vpc
        self.subnets = ec2.SubnetSelection(subnets=self.vpc.private_subnets)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=self.vpc,
            description="The trigger of sign-in",
            allow_all_outbound=False,
        )
        self._ways = open_way(
            self,
            "ApiServerFromTrigger",
            "TriggerToApiServer",
            caller=self.security_group,
            called_id=cluster.cluster_security_group_id,
            port=443,
            description="Sign-in to the API server",
        )
        may_run_in_vpc(props.role)
        self._entry = eks_v1.CfnAccessEntry(
            self,
            "Entry",
            cluster_name=cluster.cluster_name,
            principal_arn=props.role.role_arn,
            kubernetes_groups=[TRIGGER_GROUP],
            type="STANDARD",
        )

    def complete(self, function: lambda_.Function) -> None:
        """Tell the function of the cluster, and let it come after what it needs.

        Args:
            function: The function, with this one's network.
        """
        cluster = self._props.groups_cluster.cluster
        function.add_environment(
            "CLUSTER",
            cdk.Stack.of(self).to_json_string(
                {
                    "name": cluster.cluster_name,
                    "url": cluster.cluster_endpoint,
                    "authority": cluster.cluster_certificate_authority_data,
                }
            ),
        )
        function.node.add_dependency(self._entry, *self._ways)
