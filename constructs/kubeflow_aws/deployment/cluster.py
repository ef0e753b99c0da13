"""The `cluster` section: the EKS cluster and its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network
from typing import Annotated, Self

from pydantic import Field, StringConstraints, field_validator, model_validator

from kubeflow_aws.catalog.instance_types import InstanceSize, sizes_with
from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.deployment.instance_types import InstanceType
from kubeflow_aws.deployment.node_pools import NodePools
from kubeflow_aws.deployment.section import RoleArn, Section, aws_id, growing, lasting


class SystemNodes(Section):
    """The managed node group of the platform itself, in all zones."""

    instance_types: tuple[InstanceType, ...] = Field(
        default=("m7i.xlarge",),
        min_length=1,
        max_length=20,
        description="EC2 types, in order of preference.",
    )
    min_size: int | None = Field(
        default=None,
        ge=0,
        le=450,
        description="Fewest nodes; 4 in production, where servers run twice, 3 otherwise.",
    )
    desired_size: int | None = Field(
        default=None, ge=0, le=450, description="Nodes at the start; min_size if left out."
    )
    max_size: int = Field(default=6, ge=1, le=450, description="Most nodes.")
    disk_gib: int = Field(default=100, ge=50, le=16384, description="Root volume in GiB.")

    def fewest(self, *, production: bool) -> int:
        """Fewest nodes: the file's, or the environment's as far as the other sizes allow."""
        if self.min_size is not None:
            return self.min_size
        most = self.max_size if self.desired_size is None else self.desired_size
        return min(4 if production else 3, most)

    def at_start(self, *, production: bool) -> int:
        """Nodes at the start: the file's, or the fewest."""
        return (
            self.fewest(production=production) if self.desired_size is None else self.desired_size
        )

    @model_validator(mode="after")
    def _sizes_in_order(self) -> Self:
        fewest, desired = self.fewest(production=False), self.at_start(production=False)
        if not fewest <= desired <= self.max_size:
            raise ValueError(
                f"sizes are out of order: min_size {fewest}, desired_size {desired}, "
                f"max_size {self.max_size}; min_size <= desired_size <= max_size"
            )
        if fewest < 2:
            raise ValueError(
                f"min_size is {fewest}; the platform needs at least 2 nodes, so that it outlives a "
                "zone"
            )
        return self


class ExistingCluster(Section):
    """A cluster that somebody else owns. Its VPC goes under network.existing."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")] = Field(
        description="The cluster's name in EKS.",
        json_schema_extra=lasting("another cluster is another deployment"),
    )
    security_group_id: Annotated[str, aws_id("sg")] = Field(
        description="The cluster security group, which may reach the private endpoint."
    )
    oidc_issuer: (
        Annotated[str, StringConstraints(pattern=r"^https://oidc\.eks\.[a-z0-9.-]+/id/[A-Z0-9]+$")]
        | None
    ) = Field(
        default=None,
        description="Its OpenID Connect issuer; without it no service account passes the gateway.",
    )
    accept_unsupported_version: bool = Field(
        default=False,
        description="Apply to a cluster older than Kubeflow supports, at your own risk.",
    )


class Cluster(Section):
    """The EKS cluster."""

    kubernetes_version: str = Field(
        default=DEFAULT_KUBERNETES_VERSION,
        description="Kubernetes minor version, in quotes.",
        json_schema_extra=growing("EKS takes no cluster back to an older version"),
    )
    existing: ExistingCluster | None = Field(
        default=None,
        description="Use this cluster instead of creating one.",
        json_schema_extra=lasting("another cluster is another deployment"),
    )
    public_access_cidrs: tuple[str, ...] = Field(
        default=(),
        max_length=40,
        description="Ranges that may reach the API server from the internet; none by default.",
    )
    admin_role_arns: tuple[RoleArn, ...] = Field(
        default=(), description="IAM roles that get cluster-admin by access entries."
    )
    system_nodes: SystemNodes = Field(
        default=SystemNodes(), description="Nodes of the platform itself, in all zones."
    )
    node_pools: NodePools = Field(
        default=NodePools(), description="Nodes of users' work, none until a pod needs one."
    )
    unlisted_instance_types: dict[InstanceType, InstanceSize] = Field(
        default={},
        description="EC2 types of nodes that the table of instance types does not know, as EC2's "
        "DescribeInstanceTypes has them.",
    )

    @property
    def sizes(self) -> Mapping[str, InstanceSize]:
        """What the instance types offer, those that the file describes included."""
        return sizes_with(self.unlisted_instance_types)

    @field_validator("kubernetes_version")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in kubernetes_versions():
            known = ", ".join(
                f'"{minor}"' for minor, row in kubernetes_versions().items() if row.runs_kubeflow
            )
            raise ValueError(f'"{value}" does not run Kubeflow 26.03.1; allowed: {known}')
        return value

    @field_validator("public_access_cidrs")
    @classmethod
    def _narrow_ranges(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for cidr in value:
            try:
                network = IPv4Network(cidr)
            except ValueError as error:
                raise ValueError(f"{error}; give ranges such as 203.0.113.0/24") from None
            if network.prefixlen < 8:
                raise ValueError(
                    f"{cidr} opens the API server to the internet; give the ranges that need it, "
                    "/8 or narrower, or none"
                )
        return value

    @model_validator(mode="after")
    def _version_fits_ownership(self) -> Self:
        row = kubernetes_versions()[self.kubernetes_version]
        if not self.existing and not row.addons:
            raise ValueError(
                f'EKS creates no cluster of Kubernetes "{row.minor}" any more; '
                f'leave kubernetes_version out for "{DEFAULT_KUBERNETES_VERSION}"'
            )
        if self.existing and not row.runs_kubeflow and not self.existing.accept_unsupported_version:
            raise ValueError(
                f'Kubeflow 26.03.1 does not run on Kubernetes "{row.minor}"; upgrade the cluster '
                "to 1.34 or newer, or set existing.accept_unsupported_version"
            )
        if self.existing:
            ours = self.model_fields_set & {
                "admin_role_arns",
                "node_pools",
                "public_access_cidrs",
                "system_nodes",
                "unlisted_instance_types",
            }
            if ours:
                names = ", ".join(sorted(ours))
                raise ValueError(
                    f"existing names a cluster that has its own {names}; remove {names}"
                )
        return self
