"""What is left for pods on a node of Amazon Linux 2023, by its instance type.

Sources: nodeadm, the bootstrapper of EKS's AL2023 images (kubelet's reservations and eviction
threshold); EKS User Guide, "Choose an optimal Amazon EC2 node instance type" (pods by network
interfaces) and "Create a managed node group" (the most pods); Karpenter documentation, "Settings",
vm-memory-overhead-percent (memory that the hypervisor and the kernel keep).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from kubeflow_aws.capacity.resources import MIB, Resources
from kubeflow_aws.errors import UserError

TABLE: Final = Path(__file__).parent / "instance_types.yaml"

KEPT_BY_VM: Final = 0.075
"""Part of the memory; a safe guess, since AWS documents none."""

EVICTION_MIB: Final = 100
"""The kubelet evicts pods when less memory is free."""


class InstanceSize(BaseModel):
    """What an instance type offers."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    vcpus: int = Field(ge=1, description="Virtual processors.")
    mib: int = Field(ge=1024, description="Memory in MiB.")
    enis: int = Field(ge=1, description="Network interfaces of the default network card.")
    ipv4: int = Field(ge=2, description="IPv4 addresses of an interface.")
    devices: int = Field(default=0, ge=0, description="GPUs or Neuron devices.")

    @property
    def max_pods(self) -> int:
        """Most pods of a node whose pods have addresses of their own, without prefixes."""
        by_addresses = self.enis * (self.ipv4 - 1) + 2
        return min(by_addresses, 110 if self.vcpus < 30 else 250)

    @property
    def allocatable(self) -> Resources:
        """What is left for pods, those of add-ons included."""
        reserved = 255 + 11 * self.max_pods
        usable = int(self.mib * (1 - KEPT_BY_VM))
        return Resources(
            cpu=self.vcpus * 1000 - _reserved_millicores(self.vcpus * 1000),
            memory=(usable - reserved - EVICTION_MIB) * MIB,
            pods=self.max_pods,
        )


@functools.cache
def instance_sizes() -> Mapping[str, InstanceSize]:
    """The table of instance types."""
    content = yaml.load(TABLE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return TypeAdapter(dict[str, InstanceSize]).validate_json(json.dumps(content))


def size_of(instance_type: str) -> InstanceSize:
    """What an instance type offers.

    Raises:
        UserError: It is not in the table; the text says how to add it.
    """
    size = instance_sizes().get(instance_type)
    if size is None:
        raise UserError(
            f"the size of {instance_type} is not known, so nobody can say whether the platform "
            f"fits; add it to constructs/kubeflow_aws/capacity/{TABLE.name}, where a comment says "
            "how, or take another type such as m7i.xlarge"
        )
    return size


def _reserved_millicores(total: int) -> int:
    """6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest."""
    reserved, start = 0, 0
    for end, ten_thousandths in ((1000, 600), (2000, 100), (4000, 50), (total, 25)):
        reserved += max(0, min(total, end) - start) * ten_thousandths // 10_000
        start = end
    return reserved
