"""The Certificate stack: the certificate of a custom sign-in domain, in us-east-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

REGION: Final = "us-east-1"
"""Cognito serves custom domains by CloudFront, which takes certificates from here only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateStackProps:
    """What `CertificateStack` takes from the deployment file and the Domain stack.

    Attributes:
        account: The deployment's account, if it is known.
        host: Name of the sign-in page.
        zone: Zone of the name.
    """

    account: str | None
    host: str
    zone: route53.IHostedZone


class CertificateStack(cdk.Stack):
    """Holds one certificate; the Identity stack takes it from here, across regions."""

    certificate: acm.ICertificate

    def __init__(
        self, scope: Construct, construct_id: str, *, props: CertificateStackProps
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            env=cdk.Environment(account=props.account, region=REGION),
            cross_region_references=True,
            description="Kubeflow on AWS: certificate of the sign-in page",
        )
        self.certificate = acm.Certificate(
            self,
            "Certificate",
            domain_name=props.host,
            validation=acm.CertificateValidation.from_dns(props.zone),
        )
