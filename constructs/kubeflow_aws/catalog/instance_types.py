"""What EC2 instance types offer: a table that `make instance-types` writes.

The table has what EC2's DescribeInstanceTypes answered somebody some day. AWS makes new types all
the time, so a type that is not in it may well exist: the deployment file describes such a type
(`cluster.unlisted_instance_types`), in the same form.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

TABLE: Final = Path(__file__).with_suffix(".json")

X86_64: Final = "x86_64"
"""The architecture of Kubeflow's images, as EC2 names it."""


UNLISTED: Final = "KubeflowAws::UnlistedInstanceTypes"
"""Where a template says what the deployment file does, for those who read the template alone."""

DEVICE_FIELDS: Final = {"nvidia.com/gpu": "gpus", "aws.amazon.com/neuron": "neuron_devices"}
"""The fields of `InstanceSize` that count what pods ask for by these names."""


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class InstanceSize(_Data):
    """What an instance type offers."""

    # The least values, and that a type has accelerators of one kind, hold for all of the table.
    architecture: str = Field(default=X86_64, description="Of its processors, as EC2 names it.")
    vcpus: int = Field(ge=1, description="Virtual processors.")
    memory_mib: int = Field(ge=512, description="Memory in MiB.")
    network_interfaces: int = Field(
        ge=1, description="Most network interfaces of its default network card."
    )
    ipv4_addresses: int = Field(ge=2, description="Most IPv4 addresses of a network interface.")
    gpus: int = Field(default=0, ge=0, description="NVIDIA GPUs.")
    gpu_parts: int = Field(default=0, ge=0, description="Parts of NVIDIA GPUs that others share.")
    neuron_devices: int = Field(default=0, ge=0, description="Inferentia or Trainium devices.")
    efa_interfaces: int = Field(default=0, ge=0, description="Most Elastic Fabric Adapters.")

    @model_validator(mode="after")
    def _has_one_kind_of_accelerator(self) -> Self:
        kinds = [name for name in ("gpus", "gpu_parts", "neuron_devices") if getattr(self, name)]
        if len(kinds) > 1:
            raise ValueError(
                f"{' and '.join(kinds)} do not go together: a type has whole GPUs, parts of GPUs, "
                "or Neuron devices; keep the one that EC2 has"
            )
        return self

    def devices(self, resource: str) -> int:
        """How many devices it has that pods ask for by a name, for example `nvidia.com/gpu`."""
        counts = {"gpus": self.gpus, "neuron_devices": self.neuron_devices}
        return counts[DEVICE_FIELDS[resource]]

    def differences(self, right: InstanceSize) -> list[str]:
        """What it says that is wrong; what it leaves out is no mistake.

        Args:
            right: What the type does offer.
        """
        return [
            f"{name} is {getattr(right, name)}, not {getattr(self, name)}"
            for name in type(self).model_fields
            if name in self.model_fields_set and getattr(self, name) != getattr(right, name)
        ]


SIZES: Final = TypeAdapter(dict[str, InstanceSize])
"""The form of what some instance types offer."""


class InstanceTable(_Data):
    """`instance_types.json`."""

    written_by: str = Field(description="The command that writes it, and nobody by hand.")
    source: str = Field(description="Which program's data it was written from.")
    as_of: date = Field(description="Day on which it was written.")
    instance_types: dict[str, InstanceSize] = Field(description="What each offers, by its name.")

    def __str__(self) -> str:
        """As sentences name it."""
        return f"the table of instance types ({self.source}, of {self.as_of})"


@functools.cache
def instance_table() -> InstanceTable:
    """The table."""
    return InstanceTable.model_validate_json(TABLE.read_bytes())


def size_from(info: Mapping[str, Any]) -> InstanceSize:
    """What an instance type offers.

    Args:
        info: As EC2's DescribeInstanceTypes has it (EC2 API reference, InstanceTypeInfo).
    """
    network = info["NetworkInfo"]
    card = network["NetworkCards"][network.get("DefaultNetworkCardIndex", 0)]
    architectures = info["ProcessorInfo"]["SupportedArchitectures"]
    gpus = [
        each for each in info.get("GpuInfo", {}).get("Gpus", ()) if each["Manufacturer"] == "NVIDIA"
    ]
    return InstanceSize(
        # The oldest types run programs of 32 bits, too.
        architecture=X86_64 if X86_64 in architectures else architectures[0],
        vcpus=info["VCpuInfo"]["DefaultVCpus"],
        memory_mib=info["MemoryInfo"]["SizeInMiB"],
        network_interfaces=card["MaximumNetworkInterfaces"],
        ipv4_addresses=network["Ipv4AddressesPerInterface"],
        gpus=sum(each["Count"] for each in gpus),
        # Of a part EC2 counts no GPU, but a logical one.
        gpu_parts=sum(each.get("LogicalGpuCount", 1) for each in gpus if each["Count"] == 0),
        neuron_devices=sum(
            each["Count"] for each in info.get("NeuronInfo", {}).get("NeuronDevices", ())
        ),
        efa_interfaces=network.get("EfaInfo", {}).get("MaximumEfaInterfaces", 0),
    )


def sizes_with(unlisted: Mapping[str, InstanceSize]) -> Mapping[str, InstanceSize]:
    """What all known instance types offer.

    Args:
        unlisted: Those that the table does not know; where it does, the table is right.
    """
    listed = instance_table().instance_types
    return {**unlisted, **listed} if unlisted else listed
