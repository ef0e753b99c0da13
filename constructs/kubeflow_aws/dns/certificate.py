"""Certificates of the platform's names."""

from __future__ import annotations

from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kubeflow_aws.deployment.domain import Domain


def validated_certificate(
    scope: Construct, *, host: str, domain: Domain, zone: route53.IHostedZone
) -> acm.Certificate:
    """A certificate that ACM validates, and renews, by a record in the zone.

    Its construct id holds what makes it another certificate ("Update requires: Replacement" in the
    reference of `AWS::CertificateManager::Certificate`): so another one is another output, and the
    stacks that read it are deployed with it.

    Args:
        scope: Where it belongs.
        host: Its name, which may be a wildcard.
        domain: The platform's names, among them this one.
        zone: Zone of the name.
    """
    by = domain.hosted_zone.id if domain.hosted_zone else "its own zone"
    return acm.Certificate(
        scope,
        f"Certificate for {domain.name} by {by}",
        domain_name=host,
        validation=acm.CertificateValidation.from_dns(zone),
    )
