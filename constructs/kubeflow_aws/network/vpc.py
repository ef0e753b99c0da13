"""The VPC: public subnets for load balancers, private ones for everything else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.deployment.network import ExistingVpc
from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps

INTERFACE_ENDPOINTS: Final = {
    "Ec2": ec2.InterfaceVpcEndpointAwsService.EC2,
    "EcrApi": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Eks": ec2.InterfaceVpcEndpointAwsService.EKS,
    "EksAuth": ec2.InterfaceVpcEndpointAwsService.EKS_AUTH,
    "ElasticLoadBalancing": ec2.InterfaceVpcEndpointAwsService.ELASTIC_LOAD_BALANCING,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
    "Sts": ec2.InterfaceVpcEndpointAwsService.STS,
}
"""What nodes, add-ons and the kubectl handler call without leaving the VPC (EKS User Guide,
"Deploy private clusters with limited internet access")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowVpcProps:
    """Inputs of `KubeflowVpc`.

    Attributes:
        cidr: Range of the VPC.
        nat_gateways: How many zones have a way out of their own.
        log_retention: How long flow logs are kept.
        log_removal_policy: What becomes of the flow logs when the stack goes.
    """

    cidr: str
    nat_gateways: int
    log_retention: logs.RetentionDays
    log_removal_policy: cdk.RemovalPolicy


class KubeflowVpc(Construct):
    """A VPC over the stack's zones with flow logs and endpoints for what a cluster calls.

    Load balancers find their subnets by the tags that EKS documents.
    """

    vpc: ec2.Vpc

    def __init__(self, scope: Construct, construct_id: str, *, props: KubeflowVpcProps) -> None:
        super().__init__(scope, construct_id)
        self.vpc = ec2.Vpc(
            self,
            "Vpc",
            ip_addresses=ec2.IpAddresses.cidr(props.cidr),
            max_azs=3,
            nat_gateways=props.nat_gateways,
            # CloudFormation cannot change the default group; CDK would add a Lambda that may edit
            # groups. Nothing joins the default one: every interface here names its own.
            restrict_default_security_group=False,
            subnet_configuration=_subnets(props.cidr),
        )
        acknowledge(
            self.vpc,
            finding="NIST.800.53.R5-VPCDefaultSecurityGroupClosed",
            reason="Nothing joins the default group: every interface here names its own.",
        )
        for subnet in self.vpc.public_subnets:
            acknowledge(
                subnet,
                finding="NIST.800.53.R5-VPCNoUnrestrictedRouteToIGW",
                reason="Here stand the load balancer, which the world must reach, and the NAT "
                "gateways; nodes, pods and data are in private subnets.",
            )
        _tag_for_load_balancers(self.vpc.public_subnets, "kubernetes.io/role/elb")
        _tag_for_load_balancers(self.vpc.private_subnets, "kubernetes.io/role/internal-elb")
        self._log_flows(props)
        self._add_endpoints()

    def _log_flows(self, props: KubeflowVpcProps) -> None:
        flow_logs = EncryptedLogGroup(
            self,
            "FlowLogs",
            props=EncryptedLogGroupProps(
                retention=props.log_retention, removal_policy=props.log_removal_policy
            ),
        )
        self.vpc.add_flow_log(
            "FlowLog",
            destination=ec2.FlowLogDestination.to_cloud_watch_logs(
                flow_logs.log_group,
                iam.Role(
                    self,
                    "FlowLogRole",
                    assumed_by=iam.ServicePrincipal("vpc-flow-logs.amazonaws.com"),
                ),
            ),
        )

    def _add_endpoints(self) -> None:
        self.vpc.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
        callers = ec2.SecurityGroup(
            self,
            "EndpointSecurityGroup",
            vpc=self.vpc,
            description="HTTPS from the VPC to AWS APIs",
            allow_all_outbound=False,
        )
        callers.add_ingress_rule(
            ec2.Peer.ipv4(self.vpc.vpc_cidr_block), ec2.Port.tcp(443), "HTTPS from the VPC"
        )
        acknowledge(
            callers,
            finding="AwsSolutions-EC23",
            reason="The rule admits the VPC's own range, a token that cdk-nag cannot read.",
        )
        for rule in ("EC2RestrictedSSH", "EC2RestrictedCommonPorts"):
            acknowledge(
                callers,
                finding=f"NIST.800.53.R5-{rule}",
                reason="The rule admits the VPC's own range to port 443, a token that cdk-nag "
                "cannot read.",
            )
        for name, service in INTERFACE_ENDPOINTS.items():
            self.vpc.add_interface_endpoint(
                name, service=service, security_groups=[callers], open=False
            )


def import_vpc(scope: Construct, existing: ExistingVpc) -> ec2.IVpc:
    """A VPC that somebody else owns, by its ids alone.

    Args:
        scope: Where the VPC is imported.
        existing: The ids.
    """
    vpc = ec2.Vpc.from_vpc_attributes(
        scope,
        "ExistingVpc",
        vpc_id=existing.vpc_id,
        availability_zones=list(existing.availability_zones),
        private_subnet_ids=list(existing.private_subnet_ids),
        public_subnet_ids=list(existing.public_subnet_ids) or None,
    )
    acknowledge(
        vpc,
        finding="Annotation::@aws-cdk/aws-ec2:noSubnetRouteTableId",
        reason="Nothing is routed here; the owner of the VPC keeps its route tables.",
    )
    return vpc


def _subnets(cidr: str) -> list[ec2.SubnetConfiguration]:
    """Small public subnets; a quarter of the range for each private one, since pods live there."""
    prefix = int(cidr.partition("/")[2])
    return [
        ec2.SubnetConfiguration(
            name="Public",
            subnet_type=ec2.SubnetType.PUBLIC,
            cidr_mask=prefix + 6,
            map_public_ip_on_launch=False,
        ),
        ec2.SubnetConfiguration(
            name="Private",
            subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS,
            cidr_mask=prefix + 2,
        ),
    ]


def _tag_for_load_balancers(subnets: Sequence[ec2.ISubnet], key: str) -> None:
    for subnet in subnets:
        cdk.Tags.of(subnet).add(key, "1")
