"""The hosted zone of the platform: created, or one that exists."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_route53 as route53
from constructs import Construct

from kubeflow_aws.deployment.domain import Domain, HostedZone


def import_zone(scope: Construct, construct_id: str, zone: HostedZone) -> route53.IHostedZone:
    """A zone that exists, by its id and name alone."""
    return route53.HostedZone.from_hosted_zone_attributes(
        scope, construct_id, hosted_zone_id=zone.id, zone_name=zone.name
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformZoneProps:
    """Inputs of `PlatformZone`.

    Attributes:
        domain: Name of the new zone, and who delegates to it.
    """

    domain: Domain


class PlatformZone(Construct):
    """A new public zone, and the records that delegate to it if the parent zone is known.

    The zone is never deleted: records by which certificates were validated stay in it, and Route 53
    deletes no zone with records. Made anew it would have other name servers besides, and the world
    remembers the old ones for days.
    """

    zone: route53.IHostedZone

    def __init__(self, scope: Construct, construct_id: str, *, props: PlatformZoneProps) -> None:
        super().__init__(scope, construct_id)
        domain = props.domain
        zone = route53.PublicHostedZone(
            self,
            "Zone",
            zone_name=domain.name,
            comment="Kubeflow on AWS",
        )
        zone.apply_removal_policy(cdk.RemovalPolicy.RETAIN)
        self.zone = zone
        servers = zone.hosted_zone_name_servers
        if servers is None:
            raise ValueError("a public hosted zone has name servers")
        if domain.parent_zone:
            route53.NsRecord(
                self,
                "Delegation",
                zone=import_zone(self, "Parent", domain.parent_zone),
                record_name=f"{domain.name}.",
                values=servers,
                ttl=cdk.Duration.hours(1),
            )
        else:
            cdk.CfnOutput(
                self,
                "NameServers",
                description=f"Enter these as NS records of {domain.name} at its parent zone, or "
                "no certificate will ever be issued",
                value=cdk.Fn.join(", ", servers),
            )
