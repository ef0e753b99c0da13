"""What is left for pods on a node of Amazon Linux 2023, by its instance type.

Sources: nodeadm, the bootstrapper of EKS's AL2023 images (kubelet's reservations and eviction
threshold); EKS User Guide, "Choose an optimal Amazon EC2 node instance type" (pods by network
interfaces) and "Create a managed node group" (the most pods); Karpenter documentation, "Settings",
vm-memory-overhead-percent (memory that the hypervisor and the kernel keep).
"""

from __future__ import annotations

from typing import Final

from kubeflow_aws.capacity.resources import MIB, Resources
from kubeflow_aws.catalog.instance_types import InstanceSize

KEPT_BY_VM: Final = 0.075
"""Part of the memory; a safe guess, since AWS documents none."""

EVICTION_MIB: Final = 100
"""The kubelet evicts pods when less memory is free."""


def max_pods(size: InstanceSize) -> int:
    """Most pods of a node whose pods have addresses of their own, without prefixes."""
    by_addresses = size.network_interfaces * (size.ipv4_addresses - 1) + 2
    return min(by_addresses, 110 if size.vcpus < 30 else 250)


def allocatable(size: InstanceSize) -> Resources:
    """What is left for pods, those of add-ons included."""
    pods = max_pods(size)
    reserved = 255 + 11 * pods
    usable = int(size.memory_mib * (1 - KEPT_BY_VM))
    return Resources(
        cpu=size.vcpus * 1000 - _reserved_millicores(size.vcpus * 1000),
        # The smallest types have less than the kubelet keeps.
        memory=max(0, usable - reserved - EVICTION_MIB) * MIB,
        pods=pods,
    )


def _reserved_millicores(total: int) -> int:
    """6 % of the first core, 1 % of the second, 0.5 % of the next two, 0.25 % of the rest."""
    reserved, start = 0, 0
    for end, ten_thousandths in ((1000, 600), (2000, 100), (4000, 50), (total, 25)):
        reserved += max(0, min(total, end) - start) * ten_thousandths // 10_000
        start = end
    return reserved
