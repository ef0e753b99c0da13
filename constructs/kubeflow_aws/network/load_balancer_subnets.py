"""The subnets that the platform's load balancer stands in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2

from kubeflow_aws.deployment.network import ExistingVpc


@dataclass(frozen=True, kw_only=True, slots=True)
class LoadBalancerSubnets:
    """One subnet per zone.

    Attributes:
        ids: Their ids.
        cidrs: Their ranges, from which the gateway admits requests.
    """

    ids: Sequence[str]
    cidrs: Sequence[str]


def load_balancer_subnets(
    vpc: ec2.IVpc | None, existing: ExistingVpc | None, *, internal: bool
) -> LoadBalancerSubnets:
    """Public subnets, or private ones for an internal load balancer, which reaches Cognito by NAT.

    Args:
        vpc: Our own VPC, if there is one.
        existing: Somebody else's.
        internal: Whether the load balancer is reachable from the VPC only.
    """
    if existing:
        return LoadBalancerSubnets(
            ids=existing.private_subnet_ids if internal else existing.public_subnet_ids,
            cidrs=existing.load_balancer_cidrs,
        )
    if vpc is None:
        raise ValueError("neither a VPC nor network.existing is given")
    subnets = vpc.private_subnets if internal else vpc.public_subnets
    return LoadBalancerSubnets(
        ids=[subnet.subnet_id for subnet in subnets],
        cidrs=[subnet.ipv4_cidr_block for subnet in subnets],
    )
