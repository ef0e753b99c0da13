"""What runs in an emulated cluster, read through its Kubernetes API."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from localcloud.kubernetes.client import Client

_WORKLOADS: Final = frozenset({"DaemonSet", "Deployment", "Job", "StatefulSet"})
# What a control plane makes for others, and ComponentStatus, which is no object that is kept.
_UNINTERESTING: Final = frozenset(
    {"ComponentStatus", "ControllerRevision", "EndpointSlice", "Endpoints", "Event", "Lease"}
)
_MADE_FOR_OTHERS: Final = frozenset({"Job", "Pod", "ReplicaSet"})
CLUSTER_SCOPE: Final = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterAccess:
    """How to reach a cluster.

    Attributes:
        name: The cluster's name.
        url: Of its Kubernetes API.
        ca_data: The CA's certificate, PEM in base64, as EKS gives it.
        token: A bearer token.
    """

    name: str
    url: str
    ca_data: str
    token: str

    def write_kubeconfig(self, file: Path) -> None:
        """Write a kubeconfig that only the user may read."""
        file.touch(mode=0o600)
        entry = {"name": self.name}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    **entry,
                    "cluster": {
                        "server": self.url,
                        "certificate-authority-data": self.ca_data,
                    },
                }
            ],
            "users": [{**entry, "user": {"token": self.token}}],
            "contexts": [{**entry, "context": {"cluster": self.name, "user": self.name}}],
            "current-context": self.name,
        }
        file.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """Something that runs pods.

    Attributes:
        kind: For example ``Deployment``.
        name: Its name.
        state: For example ``1/1`` replicas, or ``complete``.
    """

    kind: str
    name: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a namespace holds, or the cluster outside of namespaces.

    Attributes:
        workloads: What runs there.
        others: How many objects of each other kind.
    """

    workloads: tuple[Workload, ...]
    others: Counter[str]


def inventory(access: ClusterAccess) -> dict[str, Contents]:
    """The objects of a cluster by namespace; those of no namespace under `CLUSTER_SCOPE`."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, item in _objects(access):
        metadata = item["metadata"]
        is_owned = kind in _MADE_FOR_OTHERS and metadata.get("ownerReferences")
        if kind not in _UNINTERESTING and not is_owned:
            namespace = found.setdefault(metadata.get("namespace", CLUSTER_SCOPE), {})
            # An object of several API versions is one object.
            namespace.setdefault(f"{kind}/{metadata['uid']}", {**item, "kind": kind})
    return {namespace: _contents(list(found[namespace].values())) for namespace in sorted(found)}


def _contents(items: list[dict[str, Any]]) -> Contents:
    workloads = [
        Workload(kind=item["kind"], name=item["metadata"]["name"], state=_state(item))
        for item in items
        if item["kind"] in _WORKLOADS
    ]
    return Contents(
        workloads=tuple(sorted(workloads, key=lambda w: (w.kind, w.name))),
        others=Counter(item["kind"] for item in items if item["kind"] not in _WORKLOADS),
    )


def _state(item: dict[str, Any]) -> str:
    status = item.get("status", {})
    if item["kind"] == "Job":
        return "complete" if status.get("succeeded") else "running"
    if item["kind"] == "DaemonSet":
        return f"{status.get('numberReady', 0)}/{status.get('desiredNumberScheduled', 0)}"
    ready = status.get("availableReplicas", status.get("readyReplicas", 0))
    return f"{ready}/{item['spec'].get('replicas', 1)}"


def _objects(access: ClusterAccess) -> Iterator[tuple[str, dict[str, Any]]]:
    authority = base64.b64decode(access.ca_data).decode()
    with closing(Client(access.url, authority, access.token)) as client:
        paths = ["/api/v1"]
        for group in client.get("/apis")["groups"]:
            preferred = group.get("preferredVersion") or group["versions"][0]
            paths.append(f"/apis/{preferred['groupVersion']}")
        for path in paths:
            for resource in client.get(path)["resources"]:
                if "/" not in resource["name"] and "list" in resource["verbs"]:
                    for item in client.items(f"{path}/{resource['name']}"):
                        yield resource["kind"], item
