"""The pods of the managed add-ons, which no template shows: a checked-in file."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from kubeflow_aws.capacity.resources import MIB, Resources
from kubeflow_aws.capacity.workloads import Workload
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.files.data_file import read_data_file

FILE: Final = Path(__file__).with_suffix(".yaml")

DAEMON: Final = "DaemonSet.apps "
"""Names of daemons begin with it."""

ALWAYS: Final = (
    *("aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent"),
    *("kube-proxy", "metrics-server", "vpc-cni"),
)
"""Add-ons of every cluster that this application makes (`stacks/cluster.py`)."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Pods(_Data):
    """Pods of one kind."""

    name: Annotated[
        str, StringConstraints(pattern=r"^(Deployment|DaemonSet)\.apps [a-z0-9-]+/[a-z0-9-]+$")
    ] = Field(description="Kind, namespace and name of their workload.")
    replicas: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="How many there are; a DaemonSet says nothing."
    )
    cpu: Annotated[int, Field(ge=0)] = Field(description="What one asks for, in thousandths.")
    memory_mib: Annotated[int, Field(ge=0)] = Field(description="What one asks for.")

    @model_validator(mode="after")
    def _counts_what_has_replicas(self) -> Self:
        if self._per_node == (self.replicas is not None):
            raise ValueError(
                f"{self.name}: a Deployment says how many replicas it has, and a DaemonSet has one "
                "on each node; add replicas, or take it out"
            )
        return self

    @property
    def _per_node(self) -> bool:
        return self.name.startswith(DAEMON)

    def workload(self) -> Workload:
        """The same for whoever adds up."""
        return Workload(
            name=self.name,
            each=Resources(cpu=self.cpu, memory=self.memory_mib * MIB, pods=1),
            count=self.replicas or 1,
            per_node=self._per_node,
        )


class Addon(_Data):
    """A managed add-on."""

    source: str = Field(description="What has the requests of its pods.")
    unverified: str | None = Field(default=None, description="What nobody saw in a source.")
    pods: Annotated[tuple[Pods, ...], Field(min_length=1)] = Field(description="Its pods.")


class AddonPods(_Data):
    """`addon_pods.yaml`."""

    as_of: date = Field(description="When it was looked up.")
    addons: dict[str, Addon] = Field(description="By the add-on's name in EKS.")


def load_addon_pods(path: Path = FILE) -> AddonPods:
    """Read the file.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return read_data_file(path, TypeAdapter(AddonPods))


@functools.cache
def declared_addons() -> dict[str, Addon]:
    """The add-ons of the checked-in file.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return load_addon_pods().addons


def addons_of(deployment: Deployment) -> set[str]:
    """The add-ons of a deployment that makes its cluster.

    Args:
        deployment: The deployment file.
    """
    chosen = {
        "amazon-cloudwatch-observability": deployment.monitoring.container_insights,
        "aws-efs-csi-driver": deployment.storage.efs.enabled,
        "aws-fsx-csi-driver": deployment.storage.fsx.enabled,
        "aws-secrets-store-csi-driver-provider": deployment.database_option is Database.RDS,
    }
    return {*ALWAYS, *(name for name, on in chosen.items() if on)}


def addon_pods(addons: Iterable[str]) -> list[Workload]:
    """The pods of some add-ons.

    Args:
        addons: Their names in EKS.

    Raises:
        KeyError: The pods of an add-on are not declared.
    """
    return [pods.workload() for name in sorted(addons) for pods in declared_addons()[name].pods]
