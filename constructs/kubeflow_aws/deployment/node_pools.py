"""The `cluster.node_pools` section: nodes that come when pods need them, and go after them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from enum import StrEnum
from typing import ClassVar, Final

from pydantic import Field

from kubeflow_aws.catalog.instance_types import InstanceSize
from kubeflow_aws.deployment.instance_types import InstanceType
from kubeflow_aws.deployment.section import Section


class Capacity(StrEnum):
    """How nodes are bought."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"


class NodePool(Section, ABC):
    """Nodes of some instance types, as many as pods need."""

    accelerator: ClassVar[str | None] = None

    instance_types: tuple[InstanceType, ...] = Field(
        min_length=1,
        max_length=60,
        description="EC2 types; Karpenter takes the cheapest that fits.",
    )
    capacity: Capacity = Field(default=Capacity.ON_DEMAND, description="on-demand or spot.")
    disk_gib: int = Field(default=100, ge=50, le=16384, description="Root volume in GiB.")

    @property
    @abstractmethod
    def limit(self) -> tuple[str, int]:
        """The field that limits all its nodes together, and its value."""

    @abstractmethod
    def count_of(self, size: InstanceSize) -> int:
        """What one node counts against the limit."""


class CpuPool(NodePool):
    """Nodes without accelerators."""

    max_cpus: int = Field(default=128, ge=2, le=100_000, description="Most vCPUs of all its nodes.")

    @property
    def limit(self) -> tuple[str, int]:
        """Of vCPUs."""
        return "max_cpus", self.max_cpus

    def count_of(self, size: InstanceSize) -> int:
        """Its vCPUs."""
        return size.vcpus


class AcceleratedPool(NodePool):
    """Nodes with accelerators, tainted so that nothing else runs there."""

    accelerator: ClassVar[str]
    named: ClassVar[str]

    max_devices: int = Field(
        default=8, ge=1, le=10_000, description="Most devices of all its nodes."
    )
    efa: bool = Field(
        default=False, description="Elastic Fabric Adapter, for training across many nodes."
    )

    @property
    def limit(self) -> tuple[str, int]:
        """Of devices."""
        return "max_devices", self.max_devices

    def count_of(self, size: InstanceSize) -> int:
        """Its devices."""
        return size.devices(self.accelerator)


class GpuPool(AcceleratedPool):
    """Nodes with NVIDIA GPUs."""

    accelerator = "nvidia.com/gpu"
    named = "NVIDIA GPU"


class NeuronPool(AcceleratedPool):
    """Nodes with AWS Inferentia or Trainium."""

    accelerator = "aws.amazon.com/neuron"
    named = "Inferentia or Trainium"


_CPU: Final = ("m7i.xlarge", "m7i.2xlarge", "m7i.4xlarge", "m7i.8xlarge")
_GPU: Final = ("g6.xlarge", "g6.2xlarge", "g6.4xlarge", "g6.12xlarge")


class NodePools(Section):
    """What users work on. Each pool is empty until a pod needs it."""

    cpu: CpuPool = Field(
        default=CpuPool(instance_types=_CPU),
        description="Nodes of notebooks, pipelines and training without accelerators.",
    )
    gpu: GpuPool | None = Field(
        default=GpuPool(instance_types=_GPU),
        description="Nodes with NVIDIA GPUs, tainted nvidia.com/gpu; null for none.",
    )
    neuron: NeuronPool | None = Field(
        default=None,
        description="Nodes with Inferentia or Trainium, tainted aws.amazon.com/neuron.",
    )

    def named(self) -> dict[str, NodePool]:
        """The pools there are, by name."""
        pools = {"cpu": self.cpu, "gpu": self.gpu, "neuron": self.neuron}
        return {name: pool for name, pool in pools.items() if pool is not None}
