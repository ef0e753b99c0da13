"""The Domain stack: the platform's hosted zone and the certificate of its load balancer."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.dns.certificate import validated_certificate
from kubeflow_aws.dns.hosted_zone import PlatformZone, PlatformZoneProps, import_zone
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class DomainStackProps:
    """What `DomainStack` takes from the deployment file.

    Attributes:
        domain: The platform's names.
        env: Account and region.
    """

    domain: Domain
    env: cdk.Environment


class DomainStack(NamedStack):
    """Holds what must exist before anything has a name.

    A stack of its own, because both the Identity stack and the certificate of a custom sign-in
    domain in us-east-1, which the Identity stack needs, take the zone from here.
    """

    zone: route53.IHostedZone
    certificate: acm.ICertificate

    def __init__(self, scope: Construct, construct_id: str, *, props: DomainStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="DNS and certificate")
        domain = props.domain
        self.zone = (
            import_zone(self, "Zone", domain.hosted_zone)
            if domain.hosted_zone
            else PlatformZone(self, "Zone", props=PlatformZoneProps(domain=domain)).zone
        )
        self.certificate = validated_certificate(
            self, host=domain.wildcard, domain=domain, zone=self.zone
        )
