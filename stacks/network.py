"""The Network stack: a VPC of our own. For an existing VPC there is no such stack."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
import jsii
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.logs.group import kept_in_production, log_retention
from kubeflow_aws.network.vpc import KubeflowVpc, KubeflowVpcProps
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class NetworkStackProps:
    """What `NetworkStack` takes from the deployment file.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
    """

    deployment: Deployment
    env: cdk.Environment


class NetworkStack(NamedStack):
    """Holds the VPC; every later stack takes `vpc` from here."""

    vpc: ec2.IVpc

    def __init__(self, scope: Construct, construct_id: str, *, props: NetworkStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="network")
        self._zones = list(props.deployment.network.zones_of(props.deployment.region))
        acknowledge(
            self,
            finding="CloudFormation-Validate::W3010",
            reason="The zones come from the deployment file, so that synth needs no look-up.",
        )
        self.vpc = self._create_vpc(props.deployment)

    @property
    @jsii.member(jsii_name="availabilityZones")
    def availability_zones(self) -> list[str]:
        """The deployment's zones, so that synth asks AWS for none."""
        return self._zones

    def _create_vpc(self, deployment: Deployment) -> ec2.IVpc:
        production = deployment.is_production
        return KubeflowVpc(
            self,
            "Network",
            props=KubeflowVpcProps(
                cidr=deployment.network.cidr,
                nat_gateways=deployment.network.nat_gateways_of(production=production),
                log_retention=log_retention(production=production),
                log_removal_policy=kept_in_production(production=production),
            ),
        ).vpc
