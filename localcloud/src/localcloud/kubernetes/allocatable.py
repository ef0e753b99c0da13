"""What is left for pods on a node of Amazon Linux 2023, of what EC2 says about its instance type.

Sources: awslabs/amazon-eks-ami, nodeadm, internal/kubelet (what the kubelet reserves, and when it
evicts); EKS User Guide, "Choose an optimal Amazon EC2 node instance type" (pods by network
interfaces) and "Create a managed node group" (the most pods); Karpenter documentation, "Settings",
vm-memory-overhead-percent (memory that the hypervisor and the kernel keep).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MILLICORES_OF_FIRST: Final = (60.0, 10.0, 5.0, 5.0)
"""Kept of each of the first four cores: 6 %, 1 %, 0.5 %, 0.5 %."""
_MILLICORES_OF_OTHERS: Final = 2.5
_KEPT_BY_VM: Final = 0.075
_KEPT_MIB: Final = 255
_KEPT_MIB_FOR_EACH_POD: Final = 11
_EVICTION_MIB: Final = 100


def allocatable(instance_type: Mapping[str, Any]) -> Mapping[str, str]:
    """The ``cpu``, ``memory`` and ``pods`` of a node, as its status has them.

    Args:
        instance_type: As EC2's DescribeInstanceTypes has it (InstanceTypeInfo).
    """
    cores: int = instance_type["VCpuInfo"]["DefaultVCpus"]
    kept = sum(_MILLICORES_OF_FIRST[:cores]) + max(0, cores - 4) * _MILLICORES_OF_OTHERS
    pods = _most_pods(instance_type["NetworkInfo"], cores)
    memory = int(instance_type["MemoryInfo"]["SizeInMiB"] * (1 - _KEPT_BY_VM))
    memory -= _KEPT_MIB + _KEPT_MIB_FOR_EACH_POD * pods + _EVICTION_MIB
    return {
        "cpu": f"{1000 * cores - int(kept)}m",
        # The smallest types have less than the kubelet keeps.
        "memory": str(max(0, memory) * 1024**2),
        "pods": str(pods),
    }


def _most_pods(network: Mapping[str, Any], cores: int) -> int:
    card = network["NetworkCards"][network.get("DefaultNetworkCardIndex", 0)]
    # An interface's first address is its own; two pods of each node share the node's.
    of_pods = network["Ipv4AddressesPerInterface"] - 1
    by_addresses: int = card["MaximumNetworkInterfaces"] * of_pods + 2
    return min(by_addresses, 110 if cores < 30 else 250)
