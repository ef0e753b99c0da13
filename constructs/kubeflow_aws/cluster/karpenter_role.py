"""The IAM role of Karpenter, which starts and stops the nodes of the node pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.acknowledge import account_in_findings, acknowledge_wildcard
from kubeflow_aws.cluster.pod_role import PodRole, PodRoleProps
from kubeflow_aws.cluster.service_linked_role import may_create_service_linked_role

SERVICE_ACCOUNT: Final = "karpenter"

MADE: Final = (
    "fleet",
    "instance",
    "launch-template",
    "network-interface",
    "spot-instances-request",
    "volume",
)
"""What Karpenter makes in EC2, each tagged with its cluster and node pool."""

READ_ACTIONS: Final = (
    "ec2:DescribeCapacityReservations",
    "ec2:DescribeImages",
    "ec2:DescribeInstanceStatus",
    "ec2:DescribeInstanceTypeOfferings",
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeLaunchTemplates",
    "ec2:DescribePlacementGroups",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSpotPriceHistory",
    "ec2:DescribeSubnets",
    # It looks for profiles that it made and nobody uses; it makes none here.
    "iam:ListInstanceProfiles",
    "pricing:GetProducts",
)
"""Reads for which IAM knows no resources."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KarpenterRoleProps:
    """Inputs of `KarpenterRole`.

    Attributes:
        cluster: The cluster whose nodes it makes.
        name: The cluster's name, as text: it stands in the names of tags.
        vpc_id: The VPC that it may start nodes in.
        node_role_arn: Role that it may give to nodes, and no other.
        queue_arn: Queue of EC2's warnings.
    """

    cluster: eks.ICluster
    name: str
    vpc_id: str
    node_role_arn: str
    queue_arn: str


class KarpenterRole(Construct):
    """A role that makes instances tagged with its cluster, and touches no others.

    As in the CloudFormation template of Karpenter's documentation ("CloudFormation", 1.14), without
    the rights to make instance profiles: the nodes' profile is made by this application. What
    differs stands with its reasons in tests/rights/published/karpenter.yaml.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: KarpenterRoleProps) -> None:
        super().__init__(scope, construct_id)
        pod_role = PodRole(
            self,
            "PodRole",
            props=PodRoleProps(
                cluster=props.cluster, namespace="kube-system", service_account=SERVICE_ACCOUNT
            ),
        )
        policy = iam.Policy(
            self,
            "Policy",
            roles=[pod_role.role],
            statements=[
                *self._launch_statements(props.name, props.vpc_id),
                *self._removal_statements(props.name),
                *_surroundings(self, props),
            ],
        )
        self._acknowledge_wildcards(policy)

    def _launch_statements(self, name: str, vpc_id: str) -> list[iam.PolicyStatement]:
        owner = f"kubernetes.io/cluster/{name}"
        any_pool = {"aws:RequestTag/karpenter.sh/nodepool": "*"}
        launch = ["ec2:CreateFleet", "ec2:RunInstances"]
        requested = {
            f"aws:RequestTag/{owner}": "owned",
            "aws:RequestTag/eks:eks-cluster-name": name,
        }
        return [
            iam.PolicyStatement(
                actions=launch,
                resources=[
                    self._arn("image/*", public=True),
                    self._arn("snapshot/*", public=True),
                    self._arn("capacity-reservation/*"),
                    self._arn("placement-group/*"),
                ],
            ),
            iam.PolicyStatement(
                actions=launch,
                resources=[self._arn("security-group/*"), self._arn("subnet/*")],
                conditions={"ArnEquals": {"ec2:Vpc": self._arn(f"vpc/{vpc_id}")}},
            ),
            iam.PolicyStatement(
                actions=launch,
                resources=[self._arn("launch-template/*")],
                conditions={
                    "StringEquals": {f"aws:ResourceTag/{owner}": "owned"},
                    "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
                },
            ),
            iam.PolicyStatement(
                actions=[*launch, "ec2:CreateLaunchTemplate"],
                resources=[self._arn(f"{kind}/*") for kind in MADE],
                conditions={"StringEquals": requested, "StringLike": any_pool},
            ),
            iam.PolicyStatement(
                actions=["ec2:CreateTags"],
                resources=[self._arn(f"{kind}/*") for kind in MADE],
                conditions={
                    "StringEquals": {
                        **requested,
                        "ec2:CreateAction": ["RunInstances", "CreateFleet", "CreateLaunchTemplate"],
                    },
                    "StringLike": any_pool,
                },
            ),
        ]

    def _removal_statements(self, name: str) -> list[iam.PolicyStatement]:
        owned = {
            "StringEquals": {f"aws:ResourceTag/kubernetes.io/cluster/{name}": "owned"},
            "StringLike": {"aws:ResourceTag/karpenter.sh/nodepool": "*"},
        }
        return [
            iam.PolicyStatement(
                actions=["ec2:CreateTags"],
                resources=[self._arn("instance/*")],
                conditions={
                    **owned,
                    "StringEqualsIfExists": {"aws:RequestTag/eks:eks-cluster-name": name},
                    "ForAllValues:StringEquals": {
                        "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"]
                    },
                },
            ),
            iam.PolicyStatement(
                actions=["ec2:DeleteLaunchTemplate", "ec2:TerminateInstances"],
                resources=[self._arn("instance/*"), self._arn("launch-template/*")],
                conditions=owned,
            ),
        ]

    def _arn(self, resource: str, *, public: bool = False) -> str:
        kind, _, name = resource.partition("/")
        stack = cdk.Stack.of(self)
        account = "" if public else stack.account
        return stack.format_arn(service="ec2", resource=kind, resource_name=name, account=account)

    def _acknowledge_wildcards(self, policy: iam.Policy) -> None:
        stack = cdk.Stack.of(self)
        account = account_in_findings(stack)
        ec2 = f"arn:{stack.partition}:ec2:{stack.region}"
        tagged = "Made by Karpenter, so without a name before; conditions on its tags bind it."
        reasons = {
            "*": "Reads, for which IAM knows no resources.",
            f"{ec2}::image/*": "Images of AWS for nodes, which change with each release.",
            f"{ec2}::snapshot/*": "Snapshots of those images.",
            f"{ec2}:{account}:security-group/*": "To launch with; bound to the cluster's VPC.",
            f"{ec2}:{account}:subnet/*": "To launch in; bound to the cluster's VPC.",
            f"{ec2}:{account}:placement-group/*": "To launch into one that a node class names.",
            f"{ec2}:{account}:capacity-reservation/*": "To launch into capacity that is paid for.",
            f"arn:{stack.partition}:ssm:{stack.region}::parameter/aws/service/*": (
                "Public parameters of AWS, which name the images of nodes."
            ),
            f"arn:{stack.partition}:iam::{account}:instance-profile/*": (
                "When a node class goes, Karpenter looks for a profile that it may have made, by a "
                "name of its own; to be refused is no answer, and the node class would stay."
            ),
        } | {f"{ec2}:{account}:{kind}/*": tagged for kind in MADE}
        for resource, reason in reasons.items():
            acknowledge_wildcard(policy, resource=resource, reason=reason)


def _surroundings(scope: Construct, props: KarpenterRoleProps) -> list[iam.PolicyStatement]:
    """What Karpenter reads, and the one role that it gives away."""
    stack = cdk.Stack.of(scope)
    return [
        iam.PolicyStatement(actions=list(READ_ACTIONS), resources=["*"]),
        iam.PolicyStatement(
            actions=["ssm:GetParameter"],
            resources=[
                stack.format_arn(
                    service="ssm", account="", resource="parameter", resource_name="aws/service/*"
                )
            ],
        ),
        iam.PolicyStatement(actions=["eks:DescribeCluster"], resources=[props.cluster.cluster_arn]),
        iam.PolicyStatement(
            actions=["iam:PassRole"],
            resources=[props.node_role_arn],
            conditions={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}},
        ),
        # With the account's first request for spot capacity.
        may_create_service_linked_role(
            scope, service="spot.amazonaws.com", role="AWSServiceRoleForEC2Spot"
        ),
        iam.PolicyStatement(
            actions=["iam:GetInstanceProfile"],
            resources=[
                stack.format_arn(
                    service="iam", region="", resource="instance-profile", resource_name="*"
                )
            ],
        ),
        iam.PolicyStatement(
            actions=["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            resources=[props.queue_arn],
        ),
    ]
