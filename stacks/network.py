"""The Network stack: a VPC of our own, or one that exists."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.network.vpc import KubeflowVpc, KubeflowVpcProps


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkStackProps:
    """What `NetworkStack` takes from the deployment file.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
    """

    deployment: Deployment
    env: cdk.Environment


class NetworkStack(cdk.Stack):
    """Holds the VPC; every later stack takes `vpc` from here."""

    vpc: ec2.IVpc

    def __init__(self, scope: Construct, construct_id: str, *, props: NetworkStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, description="Kubeflow on AWS: network")
        self._zones = list(_availability_zones(props.deployment))
        acknowledge(
            self,
            finding="CloudFormation-Validate::W3010",
            reason="The zones come from the deployment file, so that synth needs no look-up.",
        )
        self.vpc = self._existing(props.deployment) or self._created(props.deployment)

    @property
    @jsii.member(jsii_name="availabilityZones")
    def availability_zones(self) -> list[str]:
        """The deployment's zones, so that synth asks AWS for none."""
        return self._zones

    def _existing(self, deployment: Deployment) -> ec2.IVpc | None:
        existing = deployment.network.existing
        if existing is None:
            return None
        return ec2.Vpc.from_vpc_attributes(
            self,
            "ExistingVpc",
            vpc_id=existing.vpc_id,
            availability_zones=list(existing.availability_zones),
            private_subnet_ids=list(existing.private_subnet_ids),
            public_subnet_ids=list(existing.public_subnet_ids) or None,
        )

    def _created(self, deployment: Deployment) -> ec2.IVpc:
        production = deployment.is_production
        return KubeflowVpc(
            self,
            "Network",
            props=KubeflowVpcProps(
                cidr=deployment.network.cidr,
                nat_gateways=deployment.network.nat_gateways or (3 if production else 1),
                log_retention=(
                    logs.RetentionDays.ONE_YEAR if production else logs.RetentionDays.ONE_MONTH
                ),
                log_removal_policy=(
                    cdk.RemovalPolicy.RETAIN if production else cdk.RemovalPolicy.DESTROY
                ),
            ),
        ).vpc


def _availability_zones(deployment: Deployment) -> tuple[str, ...]:
    network = deployment.network
    if network.existing:
        return network.existing.availability_zones
    return network.availability_zones or tuple(f"{deployment.region}{zone}" for zone in "abc")
