"""Where the platform is reached."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53

from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.network.load_balancer_subnets import LoadBalancerSubnets


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformAddress:
    """Where the platform is reached, if a load balancer serves it.

    Attributes:
        domain: Its names.
        zone: Zone of the names.
        certificate: Certificate of the names.
        subnets: Where the load balancer stands.
    """

    domain: Domain
    zone: route53.IHostedZone
    certificate: acm.ICertificate
    subnets: LoadBalancerSubnets
