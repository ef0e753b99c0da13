"""The `domain` section: the DNS names of the platform and who answers for them."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from kubeflow_aws.deployment.section import ONE_AT_A_TIME, DomainName, Section, lasting


class HostedZone(Section):
    """A public Route 53 hosted zone that exists."""

    id: Annotated[str, StringConstraints(pattern=r"^Z[A-Z0-9]{5,31}$")] = Field(
        description="The zone's id."
    )
    name: DomainName = Field(description="The zone's own name.")


class Domain(Section):
    """A subdomain of the platform's own: its dashboard is kubeflow.NAME."""

    name: DomainName = Field(
        description="For example platform.example.com; holds kubeflow.NAME, auth.NAME and *.NAME.",
        json_schema_extra=lasting(
            f"auth.cognito.custom_domain names the sign-in page after it, and {ONE_AT_A_TIME}"
        ),
    )
    hosted_zone: HostedZone | None = Field(
        default=None, description="The zone that holds the name; a new one if left out."
    )
    parent_zone: HostedZone | None = Field(
        default=None,
        description="Zone of the same account that delegates to the new one. Without it, enter "
        "the new zone's name servers at the parent's yourself while the deployment waits.",
    )

    @property
    def host(self) -> str:
        """Name of the dashboard and everything below it."""
        return f"kubeflow.{self.name}"

    @property
    def wildcard(self) -> str:
        """All other names of the platform."""
        return f"*.{self.name}"

    @property
    def sign_in_host(self) -> str:
        """Cognito's own name, where a custom one is wanted."""
        return f"auth.{self.name}"

    @model_validator(mode="after")
    def _lies_in_its_zone(self) -> Self:
        if self.hosted_zone and self.parent_zone:
            raise ValueError(
                "hosted_zone exists already, so nothing is delegated; remove parent_zone"
            )
        if self.hosted_zone and not _is_below(self.name, self.hosted_zone.name, or_equal=True):
            raise ValueError(
                f"name {self.name} is not in the hosted zone {self.hosted_zone.name}; give a "
                f"name such as platform.{self.hosted_zone.name}, or another hosted_zone"
            )
        if self.parent_zone and not _is_below(self.name, self.parent_zone.name, or_equal=False):
            raise ValueError(
                f"name {self.name} is not below the parent zone {self.parent_zone.name}; give a "
                f"name such as platform.{self.parent_zone.name}, or another parent_zone"
            )
        return self


def _is_below(name: str, zone: str, *, or_equal: bool) -> bool:
    return name.endswith(f".{zone}") or (or_equal and name == zone)
