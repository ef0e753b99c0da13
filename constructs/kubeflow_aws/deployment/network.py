"""The `network` section: a VPC of our own, or one that exists."""

from __future__ import annotations

from ipaddress import IPv4Network
from typing import Annotated, Final, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kubeflow_aws.deployment.section import Section, aws_id, lasting

SubnetId = Annotated[str, aws_id("subnet")]
AvailabilityZone = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-z]$")]


WIDEST_OF_A_VPC: Final = 16
"""Prefix length of the largest range of a VPC (VPC User Guide, "VPC CIDR blocks")."""


class ExistingVpc(Section):
    """A VPC that somebody else owns, named by ids so that synth needs no look-up in AWS."""

    vpc_id: Annotated[str, aws_id("vpc")] = Field(
        description="The VPC's id.",
        json_schema_extra=lasting("a cluster stays in the network that it was made in"),
    )
    availability_zones: tuple[AvailabilityZone, ...] = Field(
        min_length=2, max_length=3, description="Zones of the subnets below, in the same order."
    )
    private_subnet_ids: tuple[SubnetId, ...] = Field(
        min_length=2,
        max_length=3,
        description="One private subnet with a way out, per zone.",
        json_schema_extra=lasting("what stands in the subnets would be replaced"),
    )
    public_subnet_ids: tuple[SubnetId, ...] = Field(
        default=(), max_length=3, description="One public subnet per zone, or none."
    )

    private_cidrs: tuple[str, ...] = Field(
        default=(),
        max_length=10,
        description="Ranges of the private subnets, for monitoring.prometheus alone: its scraper "
        "stands there.",
    )
    load_balancer_cidrs: tuple[str, ...] = Field(
        default=(),
        max_length=10,
        description="Ranges of the subnets that the load balancer stands in: the public ones, or "
        "the private ones if ingress.internal.",
    )

    @model_validator(mode="after")
    def _ranges(self) -> Self:
        for name in ("private_cidrs", "load_balancer_cidrs"):
            cidrs: tuple[str, ...] = getattr(self, name)
            for cidr in cidrs:
                try:
                    network = IPv4Network(cidr)
                except ValueError as error:
                    raise ValueError(f"{name}: {error}; give ranges such as 10.0.0.0/24") from None
                if network.prefixlen < WIDEST_OF_A_VPC:
                    raise ValueError(
                        f"{name}: {cidr} is wider than any VPC; give the ranges of the subnets, "
                        f"/{WIDEST_OF_A_VPC} or narrower, such as 10.0.0.0/24"
                    )
        return self

    @model_validator(mode="after")
    def _one_subnet_per_zone(self) -> Self:
        zones = len(self.availability_zones)
        for name in ("private_subnet_ids", "public_subnet_ids"):
            subnets: tuple[str, ...] = getattr(self, name)
            if subnets and len(subnets) != zones:
                raise ValueError(
                    f"{name} names {len(subnets)} subnets for {zones} availability_zones; "
                    "give one subnet per zone, in the order of the zones"
                )
        return self


class Network(Section):
    """Where the cluster lives."""

    existing: ExistingVpc | None = Field(
        default=None,
        description="Use this VPC instead of creating one.",
        json_schema_extra=lasting("a cluster stays in the network that it was made in"),
    )
    cidr: str = Field(
        default="10.0.0.0/16",
        description="Range of the new VPC, a private /16 to /20.",
        json_schema_extra=lasting("a cluster stays in the network that it was made in"),
    )
    availability_zones: tuple[AvailabilityZone, ...] = Field(
        default=(),
        description="Three zones of the region; the zones a, b and c of the region if empty.",
        json_schema_extra=lasting("its subnets would be replaced, with all that stands in them"),
    )
    nat_gateways: int | None = Field(
        default=None,
        ge=1,
        le=3,
        description="NAT gateways; by default one in development and three in production.",
    )

    def zones_of(self, region: str) -> tuple[str, ...]:
        """The zones in force: the existing VPC's, the file's, or the first three of a region."""
        if self.existing:
            return self.existing.availability_zones
        return self.availability_zones or tuple(f"{region}{letter}" for letter in "abc")

    def nat_gateways_of(self, *, production: bool) -> int:
        """How many NAT gateways a new VPC has: the file's number, or the environment's."""
        return self.nat_gateways or (3 if production else 1)

    @field_validator("cidr")
    @classmethod
    def _private_range_that_fits(cls, value: str) -> str:
        try:
            network = IPv4Network(value)
        except ValueError as error:
            raise ValueError(f"{error}; give a range such as 10.0.0.0/16") from None
        if not network.is_private or not 16 <= network.prefixlen <= 20:
            raise ValueError(
                f"{value} cannot hold the platform; give a private range (RFC 1918) "
                "from /16 to /20, such as 10.0.0.0/16"
            )
        return value

    @model_validator(mode="after")
    def _three_zones(self) -> Self:
        if self.availability_zones and len(set(self.availability_zones)) != 3:
            raise ValueError("availability_zones names three different zones, or is left out")
        if self.existing and self.model_fields_set - {"existing"}:
            extra = ", ".join(sorted(self.model_fields_set - {"existing"}))
            raise ValueError(f"existing names a VPC that has its own {extra}; remove {extra}")
        return self
