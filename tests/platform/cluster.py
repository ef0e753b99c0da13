"""A deployed platform on a real control plane, as a test looks at it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from kubeflow_aws.capacity.nodes import allocatable
from kubeflow_aws.catalog.instance_types import DEVICE_FIELDS, instance_table
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.nodes import Node, Taint, have_nodes
from tests.e2e.laboratory import Laboratory

Object: TypeAlias = dict[str, Any]

PROFILES = frozenset({"alice", "bob"})
PODS = "/api/v1/pods"
POOL = "karpenter.sh/nodepool"


@dataclass(frozen=True)
class PlatformCluster:
    """The cluster of a laboratory, with nodes for its pools.

    Attributes:
        laboratory: Where the platform is deployed.
    """

    laboratory: Laboratory

    def items(self, path: str) -> list[Object]:
        """What a list holds."""
        return list(self.laboratory.read(path)["items"])

    def client(self) -> Client:
        """For changes; close it."""
        api = self.laboratory.api
        return Client(api.url, api.ca_certificate, self.laboratory.cloud.clusters.admin_token)

    def start_pool_nodes(self) -> None:
        """A node for each of Karpenter's pools, as Karpenter would start it for a pod."""
        client = self.client()
        for pool in self.items("/apis/karpenter.sh/v1/nodepools"):
            name, template = pool["metadata"]["name"], pool["spec"]["template"]
            have_nodes(client, f"{POOL}={name}", [_pool_node(name, template)])
        client.close()

    def create(self, items: Iterable[Object]) -> None:
        """Make objects; every one must be admitted."""
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})
        done = self.laboratory.kubectl("create", "-f", "-", stdin=text)
        assert done.returncode == 0, done.stderr

    def refusal(self, item: Object) -> str:
        """What the API says of an object that it does not admit."""
        done = self.laboratory.kubectl("create", "-f", "-", stdin=json.dumps(item))
        assert done.returncode != 0, f"it was admitted: {done.stdout}"
        return done.stderr

    def delete(self, path: str) -> None:
        """Delete an object, if it is there."""
        if self.laboratory.exists(path):
            client = self.client()
            client.delete(path, client.get(path)["metadata"]["uid"])
            client.close()

    def unplaced(self, *, outside: Iterable[str] = ()) -> list[str]:
        """Pods without a node, with the reason; those of some namespaces do not count."""
        return [
            f"{namespaced(pod)}: {_reason(pod)}"
            for pod in self.items(PODS)
            if not pod["spec"].get("nodeName") and pod["metadata"]["namespace"] not in outside
        ]

    def incomplete(self) -> list[str]:
        """Workloads of the platform that have not all of their pods."""
        missing = []
        for path in ("deployments", "statefulsets", "daemonsets"):
            for item in self.items(f"/apis/apps/v1/{path}"):
                status = item["status"]
                wanted = item["spec"].get("replicas", status.get("desiredNumberScheduled", 0))
                ready = status.get("readyReplicas", status.get("numberReady", 0))
                if ready != wanted and item["metadata"]["namespace"] not in PROFILES:
                    missing.append(f"{path} {namespaced(item)}: {ready} of {wanted}")
        return missing

    def complaints(self) -> list[str]:
        """Why pods could not be made, as the controllers told it."""
        return [
            f"{event['involvedObject']['name']}: {event['message']}"
            for event in self.items("/api/v1/events?fieldSelector=reason%3DFailedCreate")
        ]


def namespaced(item: Object) -> str:
    """``NAMESPACE/NAME``."""
    return f"{item['metadata']['namespace']}/{item['metadata']['name']}"


def _reason(pod: Object) -> str:
    conditions = pod.get("status", {}).get("conditions") or []
    return "; ".join(str(each.get("message")) for each in conditions) or "nobody looked yet"


def _pool_node(name: str, template: Object) -> Node:
    requirements = {each["key"]: each["values"] for each in template["spec"]["requirements"]}
    instance_type = requirements["node.kubernetes.io/instance-type"][0]
    size = instance_table().instance_types[instance_type]
    room = allocatable(size)
    devices = {key: str(size.devices(key)) for key in DEVICE_FIELDS if size.devices(key)}
    if template["metadata"]["labels"].get("kubeflow-aws/efa"):
        devices["vpc.amazonaws.com/efa"] = "1"
    return Node(
        name=f"{name}-0",
        instance_type=instance_type,
        zone="us-west-2a",
        labels={POOL: name, **template["metadata"]["labels"]},
        taints=[
            Taint(key=each["key"], value=each.get("value", ""), effect=each["effect"])
            for each in template["spec"].get("taints") or ()
        ],
        allocatable={
            "cpu": f"{room.cpu}m",
            "memory": str(room.memory),
            "pods": str(room.pods),
            **devices,
        },
    )


def read_objects(folder: Path) -> dict[str, list[Object]]:
    """The objects of each YAML file in a folder, by the file's name."""
    return {
        file.stem: [item for item in yaml.safe_load_all(file.read_text()) if item]
        for file in sorted(folder.glob("*.yaml"))
    }
