"""The Certificate stack: the certificate of a custom sign-in domain, in us-east-1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.dns.certificate import validated_certificate
from stacks.named import NamedStack

REGION: Final = "us-east-1"
"""Cognito serves custom domains by CloudFront, which takes certificates from here only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CertificateStackProps:
    """What `CertificateStack` takes from the deployment file and the Domain stack.

    Attributes:
        account: The deployment's account, if it is known.
        domain: The platform's names.
        zone: Zone of the names.
    """

    account: str | None
    domain: Domain
    zone: route53.IHostedZone


class CertificateStack(NamedStack):
    """Holds one certificate; the Identity stack takes it from here, across regions."""

    certificate: acm.ICertificate

    def __init__(
        self, scope: Construct, construct_id: str, *, props: CertificateStackProps
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            env=cdk.Environment(account=props.account, region=REGION),
            holds="certificate of the sign-in page",
        )
        self.certificate = validated_certificate(
            self, host=props.domain.sign_in_host, domain=props.domain, zone=props.zone
        )
