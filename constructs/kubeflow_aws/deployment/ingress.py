"""The `ingress` section: the load balancer in front of the platform."""

from __future__ import annotations

from ipaddress import IPv4Network

from pydantic import Field, field_validator

from kubeflow_aws.deployment.section import Section


class WebAcl(Section):
    """A web application firewall with AWS managed rules and a rate limit."""

    enabled: bool = Field(default=True, description="Whether there is one.")
    requests_per_five_minutes: int = Field(
        default=10_000,
        ge=100,
        le=2_000_000_000,
        description="Requests of one address in five minutes, above which it is blocked; users "
        "behind one NAT gateway count together.",
    )


class Ingress(Section):
    """An Application Load Balancer that serves HTTPS for the platform's domain."""

    enabled: bool | None = Field(
        default=None,
        description="Whether there is one; by default with Cognito, and not with Dex.",
    )
    internal: bool = Field(
        default=False, description="Reachable from the VPC only, instead of the internet."
    )
    allowed_cidrs: tuple[str, ...] = Field(
        default=(), max_length=50, description="Ranges that may connect; every range if empty."
    )
    web_acl: WebAcl = Field(default=WebAcl(), description="The web application firewall (WAF).")

    @field_validator("allowed_cidrs")
    @classmethod
    def _ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for cidr in value:
            try:
                IPv4Network(cidr)
            except ValueError as error:
                raise ValueError(f"{error}; give ranges such as 203.0.113.0/24") from None
        return value
