"""Nodes as a kubelet would register them; nobody runs anything on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.trees import Tree

NODE_GROUP: Final = "eks.amazonaws.com/nodegroup"
"""The label of nodes of a managed group, which is its name."""

_NODES: Final = "/api/v1/nodes"


@dataclass(frozen=True, kw_only=True, slots=True)
class Taint:
    """A taint of a node, in the words of Kubernetes: ``NoSchedule``."""

    key: str
    value: str
    effect: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node.

    Attributes:
        name: Its name, which is its host name too.
        instance_type: Of EC2.
        zone: Its availability zone.
        labels: Beyond those that every node has.
        taints: What keeps pods away.
        allocatable: What is left for pods: ``cpu``, ``memory``, ``pods``, devices.
    """

    name: str
    instance_type: str
    zone: str
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: Sequence[Taint] = ()
    allocatable: Mapping[str, str]


def have_nodes(client: Client, selector: str, nodes: Sequence[Node]) -> None:
    """Make it so that the nodes of a label are these.

    Args:
        client: Of the API.
        selector: A label with its value, which the nodes have: ``key=value``.
        nodes: What there should be; a node that is there gets its labels, taints and size anew.

    Raises:
        ClientError: If the API refuses something.
    """
    wanted = {node.name: _object(node) for node in nodes}
    for item in client.items(f"{_NODES}?labelSelector={selector.replace('/', '%2F')}"):
        name = item["metadata"]["name"]
        if name not in wanted:
            client.delete(f"{_NODES}/{name}", item["metadata"]["uid"])
    for name, item in wanted.items():
        path = f"{_NODES}/{name}"
        try:
            client.post(_NODES, item)
        except ClientError as error:
            if error.code != 409:
                raise
            labels = item["metadata"]["labels"]
            client.merge(path, {"metadata": {"labels": labels}, "spec": item["spec"]})
        # The small API takes a status here only, and a node that was there may have another size.
        client.merge(f"{path}/status", {"status": item["status"]})


def _object(node: Node) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": node.name,
            "labels": {
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": node.name,
                "kubernetes.io/os": "linux",
                "node.kubernetes.io/instance-type": node.instance_type,
                "topology.kubernetes.io/region": node.zone[:-1],
                "topology.kubernetes.io/zone": node.zone,
                **node.labels,
            },
        },
        "spec": {
            "taints": [
                {"key": each.key, "value": each.value, "effect": each.effect}
                for each in node.taints
            ]
        },
        "status": {
            "allocatable": dict(node.allocatable),
            "capacity": dict(node.allocatable),
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        },
    }
