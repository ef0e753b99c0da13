"""The network that a deployment stands in: a VPC of its own, or somebody else's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from kubeflow_aws.deployment.network import ExistingVpc
from kubeflow_aws.network.load_balancer_subnets import LoadBalancerSubnets
from kubeflow_aws.network.vpc import import_vpc


class Place(Protocol):
    """What stacks ask of the network, whoever owns it."""

    def vpc_in(self, scope: Construct) -> ec2.IVpc:
        """The VPC, as a stack sees it.

        Args:
            scope: The stack.
        """
        ...

    def load_balancer_subnets(self, *, internal: bool) -> LoadBalancerSubnets:
        """Where the load balancer stands: in public subnets, or in private ones if it is internal.

        An internal one reaches Cognito by NAT.

        Args:
            internal: Whether the load balancer is reachable from the VPC only.
        """
        ...

    def private_ranges(self) -> tuple[str, ...]:
        """Ranges of the private subnets, in which the scraper of Prometheus has its interfaces."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnPlace:
    """A VPC that this application makes.

    Attributes:
        vpc: Of the Network stack.
    """

    vpc: ec2.IVpc

    def vpc_in(self, scope: Construct) -> ec2.IVpc:  # noqa: ARG002  # nothing is imported
        """See `Place`."""
        return self.vpc

    def load_balancer_subnets(self, *, internal: bool) -> LoadBalancerSubnets:
        """See `Place`."""
        subnets = self.vpc.private_subnets if internal else self.vpc.public_subnets
        return LoadBalancerSubnets(
            ids=[subnet.subnet_id for subnet in subnets],
            cidrs=[subnet.ipv4_cidr_block for subnet in subnets],
        )

    def private_ranges(self) -> tuple[str, ...]:
        """See `Place`."""
        return tuple(subnet.ipv4_cidr_block for subnet in self.vpc.private_subnets)


@dataclass(frozen=True, kw_only=True, slots=True)
class ExistingPlace:
    """A VPC that somebody else owns.

    Attributes:
        existing: What the deployment file says of it.
    """

    existing: ExistingVpc

    def vpc_in(self, scope: Construct) -> ec2.IVpc:
        """See `Place`."""
        return import_vpc(scope, self.existing)

    def load_balancer_subnets(self, *, internal: bool) -> LoadBalancerSubnets:
        """See `Place`."""
        existing = self.existing
        return LoadBalancerSubnets(
            ids=existing.private_subnet_ids if internal else existing.public_subnet_ids,
            cidrs=existing.load_balancer_cidrs,
        )

    def private_ranges(self) -> tuple[str, ...]:
        """See `Place`."""
        return self.existing.private_cidrs
