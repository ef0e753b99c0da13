"""The two ends of a connection: pods, and addresses outside of the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from kubeflow_aws.reachability.ports import PortRange


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """Who opens a connection, or who is to take it.

    Attributes:
        name: What people call it, in its namespace.
        namespace: Of a pod; empty for addresses outside, and for pods in the network of their node.
        namespace_labels: The namespace's labels.
        labels: The pod's labels.
        ports: Its named ports.
        addresses: Ranges that its address lies in; each as a policy would write it.
    """

    name: str
    namespace: str = ""
    namespace_labels: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Mapping[str, PortRange] = field(default_factory=dict)
    addresses: Sequence[str] = ()

    def __str__(self) -> str:
        """For example ``kubeflow/ml-pipeline``."""
        return f"{self.namespace}/{self.name}" if self.namespace else self.name

    def is_within(self, cidr: str) -> bool:
        """Whether its address lies in a range.

        A range may be a placeholder, which is its own name and overlaps with no other.
        """
        network = _network(cidr)
        if network and network.prefixlen == 0:
            return True
        return any(_covers(cidr, network, address) for address in self.addresses)


def _covers(cidr: str, network: IPv4Network | None, address: str) -> bool:
    inner = _network(address)
    return address == cidr or bool(network and inner and inner.subnet_of(network))


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text)
    except ValueError:
        return None
