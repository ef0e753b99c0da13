"""Where the scraper of Amazon Managed Prometheus comes from."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2

from kubeflow_aws.deployment.network import ExistingVpc


def scraper_ranges(vpc: ec2.IVpc | None, existing: ExistingVpc | None) -> tuple[str, ...]:
    """Ranges of the private subnets, in which the scraper has its interfaces.

    Args:
        vpc: Our own VPC, if there is one.
        existing: Somebody else's.
    """
    if existing:
        return existing.private_cidrs
    if vpc is None:
        raise ValueError("neither a VPC nor network.existing is given")
    return tuple(subnet.ipv4_cidr_block for subnet in vpc.private_subnets)
