"""What the AWS Load Balancer Controller may do in AWS: its own cluster's load balancers only.

After the policy that the controller's documentation gives (docs/install/iam_policy.json of
release 3.5.0). What it has and this has not, and the other way round, stands with its reasons in
tests/rights/published/load-balancer-controller.yaml.
"""

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

SERVICE_ACCOUNT: Final = "aws-load-balancer-controller"
"""As in manifests/components/load-balancer-controller/values.yaml."""

CLUSTER_TAG: Final = "elbv2.k8s.aws/cluster"
"""The controller sets it on everything it makes; its value is the cluster's name."""

READ_ACTIONS: Final = (
    "acm:ListCertificates",
    "ec2:DescribeAccountAttributes",
    "ec2:DescribeAddresses",
    "ec2:DescribeAvailabilityZones",
    "ec2:DescribeCoipPools",
    "ec2:DescribeInstances",
    "ec2:DescribeInternetGateways",
    "ec2:DescribeIpamPools",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
    "ec2:DescribeVpcPeeringConnections",
    "ec2:DescribeVpcs",
    "elasticloadbalancing:DescribeCapacityReservation",
    "elasticloadbalancing:DescribeListenerAttributes",
    "elasticloadbalancing:DescribeListenerCertificates",
    "elasticloadbalancing:DescribeListeners",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeLoadBalancers",
    "elasticloadbalancing:DescribeRules",
    "elasticloadbalancing:DescribeSSLPolicies",
    "elasticloadbalancing:DescribeTags",
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "elasticloadbalancing:DescribeTrustStores",
    "iam:ListServerCertificates",
)
"""Reads for which IAM knows no resources (Service Authorization Reference)."""

CREATE_ACTIONS: Final = ("CreateListener", "CreateLoadBalancer", "CreateRule", "CreateTargetGroup")

OWNED_ACTIONS: Final = (
    "elasticloadbalancing:DeleteListener",
    "elasticloadbalancing:DeleteLoadBalancer",
    "elasticloadbalancing:DeleteRule",
    "elasticloadbalancing:DeleteTargetGroup",
    "elasticloadbalancing:AddListenerCertificates",
    "elasticloadbalancing:AddTags",
    "elasticloadbalancing:ModifyListener",
    "elasticloadbalancing:ModifyListenerAttributes",
    "elasticloadbalancing:ModifyLoadBalancerAttributes",
    "elasticloadbalancing:ModifyRule",
    "elasticloadbalancing:ModifyTargetGroup",
    "elasticloadbalancing:ModifyTargetGroupAttributes",
    "elasticloadbalancing:DeregisterTargets",
    "elasticloadbalancing:RegisterTargets",
    "elasticloadbalancing:RemoveListenerCertificates",
    "elasticloadbalancing:RemoveTags",
    "elasticloadbalancing:SetIpAddressType",
    "elasticloadbalancing:SetRulePriorities",
    "elasticloadbalancing:SetSecurityGroups",
    "elasticloadbalancing:SetSubnets",
)
"""Changes to what the controller has made and tagged."""

LOAD_BALANCING_RESOURCES: Final = (
    "loadbalancer/app",
    "loadbalancer/net",
    "targetgroup",
    "listener",
    "listener-rule",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerControllerRoleProps:
    """Inputs of `LoadBalancerControllerRole`.

    Attributes:
        cluster: The cluster that the controller runs in.
        vpc_id: VPC in which it may make security groups.
    """

    cluster: eks.ICluster
    vpc_id: str


class LoadBalancerControllerRole(Construct):
    """A role that makes load balancers and changes only those tagged with its cluster's name."""

    pod_role: PodRole

    def __init__(
        self, scope: Construct, construct_id: str, *, props: LoadBalancerControllerRoleProps
    ) -> None:
        super().__init__(scope, construct_id)
        self.pod_role = PodRole(
            self,
            "PodRole",
            props=PodRoleProps(
                cluster=props.cluster, namespace="kube-system", service_account=SERVICE_ACCOUNT
            ),
        )
        cluster_name = props.cluster.cluster_name
        policy = iam.Policy(
            self,
            "Policy",
            roles=[self.pod_role.role],
            statements=[
                iam.PolicyStatement(actions=list(READ_ACTIONS), resources=["*"]),
                *_narrow_reads(self, props.vpc_id),
                *_load_balancer_statements(self, cluster_name),
                *_security_group_statements(self, cluster_name, props.vpc_id),
                *_web_acl_statements(self),
                may_create_service_linked_role(
                    self, service="elasticloadbalancing.amazonaws.com", role="*"
                ),
            ],
        )
        _acknowledge_wildcards(policy)


def _narrow_reads(scope: Construct, vpc_id: str) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            actions=["acm:DescribeCertificate"], resources=[_arn(scope, "acm", "certificate/*")]
        ),
        iam.PolicyStatement(
            actions=["ec2:GetSecurityGroupsForVpc"],
            resources=[_arn(scope, "ec2", f"vpc/{vpc_id}")],
        ),
    ]


def _web_acl_statements(scope: Construct) -> list[iam.PolicyStatement]:
    load_balancers = _arn(scope, "elasticloadbalancing", "loadbalancer/app/*")
    acls = _arn(scope, "wafv2", "regional/webacl/*")
    return [
        iam.PolicyStatement(
            actions=[
                "wafv2:AssociateWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:GetWebACLForResource",
            ],
            resources=[load_balancers, acls],
        ),
        iam.PolicyStatement(actions=["wafv2:GetWebACL"], resources=[acls]),
        # WAF asks for it in the controller's name. The service knows neither resources nor keys
        # for it: under a condition it is never allowed.
        iam.PolicyStatement(actions=["elasticloadbalancing:SetWebAcl"], resources=["*"]),
    ]


def _load_balancer_statements(scope: Construct, cluster_name: str) -> list[iam.PolicyStatement]:
    requested = {f"aws:RequestTag/{CLUSTER_TAG}": cluster_name}
    owned = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster_name}}
    kinds = [_arn(scope, "elasticloadbalancing", f"{kind}/*") for kind in LOAD_BALANCING_RESOURCES]
    # A rule is made in a listener; nothing is made in a rule.
    parents = [kind for kind in kinds if "listener-rule" not in kind]
    return [
        iam.PolicyStatement(
            actions=[f"elasticloadbalancing:{action}" for action in CREATE_ACTIONS],
            resources=parents,
            conditions={"StringEquals": requested},
        ),
        # Only while it creates: else it could tag somebody else's load balancer as its own.
        iam.PolicyStatement(
            actions=["elasticloadbalancing:AddTags"],
            resources=kinds,
            conditions={
                "StringEquals": {
                    **requested,
                    "elasticloadbalancing:CreateAction": list(CREATE_ACTIONS),
                }
            },
        ),
        iam.PolicyStatement(actions=list(OWNED_ACTIONS), resources=kinds, conditions=owned),
    ]


def _security_group_statements(
    scope: Construct, cluster_name: str, vpc_id: str
) -> list[iam.PolicyStatement]:
    groups = _arn(scope, "ec2", "security-group/*")
    owned = {"StringEquals": {f"aws:ResourceTag/{CLUSTER_TAG}": cluster_name}}
    return [
        iam.PolicyStatement(
            actions=["ec2:CreateSecurityGroup"],
            resources=[groups],
            conditions={"StringEquals": {f"aws:RequestTag/{CLUSTER_TAG}": cluster_name}},
        ),
        iam.PolicyStatement(
            actions=["ec2:CreateSecurityGroup"],
            resources=[_arn(scope, "ec2", f"vpc/{vpc_id}")],
        ),
        iam.PolicyStatement(
            actions=["ec2:CreateTags"],
            resources=[groups],
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": "CreateSecurityGroup",
                    f"aws:RequestTag/{CLUSTER_TAG}": cluster_name,
                }
            },
        ),
        iam.PolicyStatement(
            actions=[
                "ec2:CreateTags",
                "ec2:DeleteTags",
                "ec2:DeleteSecurityGroup",
            ],
            resources=[groups],
            conditions=owned,
        ),
        # The controller also opens the nodes' own group to the load balancer, which has no such
        # tag; the VPC is what bounds this.
        iam.PolicyStatement(
            actions=["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"],
            resources=[groups],
            conditions={"ArnEquals": {"ec2:Vpc": _arn(scope, "ec2", f"vpc/{vpc_id}")}},
        ),
    ]


def _arn(scope: Construct, service: str, resource: str) -> str:
    kind, _, name = resource.partition("/")
    return cdk.Stack.of(scope).format_arn(service=service, resource=kind, resource_name=name)


def _acknowledge_wildcards(policy: iam.Policy) -> None:
    stack = cdk.Stack.of(policy)
    account = account_in_findings(stack)
    regional = f"{stack.region}:{account}"
    aws = f"arn:{stack.partition}"
    load_balancing = (
        "The controller makes these, so their names are not known before; the condition on "
        "elbv2.k8s.aws/cluster binds each statement to this cluster."
    )
    reasons = {
        "*": "Describe and list actions, and SetWebAcl, for which IAM knows no resources.",
        f"{aws}:acm:{regional}:certificate/*": (
            "Reads of certificates; an Ingress may name any of the region."
        ),
        f"{aws}:ec2:{regional}:security-group/*": (
            "Security groups of load balancers, bound by tag or by the cluster's VPC."
        ),
        f"{aws}:wafv2:{regional}:regional/webacl/*": (
            "An Ingress may name any web ACL of the region; to associate is all it may."
        ),
        f"{aws}:iam::{account}:role/aws-service-role/elasticloadbalancing.amazonaws.com/*": (
            "One service-linked role, bound by iam:AWSServiceName."
        ),
    } | {
        f"{aws}:elasticloadbalancing:{regional}:{kind}/*": load_balancing
        for kind in LOAD_BALANCING_RESOURCES
    }
    for resource, reason in reasons.items():
        acknowledge_wildcard(policy, resource=resource, reason=reason)
