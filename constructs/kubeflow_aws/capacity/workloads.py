"""What the platform's own pods ask for, read from the rendered objects.

A pod asks for the sum of its containers, or for the largest of its init containers if that is more
(Kubernetes documentation, "Init Containers", "Resource sharing within containers"), and for what
Istio injects. Many of upstream's containers ask for nothing, and so count as a pod only: the nodes
need room beyond these sums.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from kubeflow_aws.capacity.resources import Resources, requests_of
from kubeflow_aws.objects.injection import is_injected
from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    dicts,
    key_of,
    mapping,
    metadata,
    pod_template,
    scaled,
    texts,
)
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM

SYSTEM_NODE_LABELS: Final = {
    NODE_GROUP_LABEL: SYSTEM,
    "kubernetes.io/arch": "amd64",
    "kubernetes.io/os": "linux",
}
"""What a pod's nodeSelector may name and still run on the system nodes."""

INJECTOR: Final = "istio-sidecar-injector"
"""The ConfigMap with the values by which istiod injects."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Workload:
    """Pods of one kind.

    Attributes:
        name: For example `Deployment.apps kubeflow/ml-pipeline`.
        each: What one of them asks for.
        count: How many there are; on each node, if `per_node`.
        per_node: Whether every node runs it.
    """

    name: str
    each: Resources
    count: int = 1
    per_node: bool = False


def workloads_of(objects: Iterable[KubernetesObject]) -> list[Workload]:
    """The workloads among some objects that may run on the system nodes.

    Deployments, StatefulSets and DaemonSets, and one pod of each Job and CronJob, which run while
    the others do. Those whose nodeSelector wants other nodes, such as the device plugins, are left
    out; node affinity is not read, so a pod may be counted that would go elsewhere, never the
    other way round. What autoscalers scale counts with their least.

    Args:
        objects: All objects of the platform: its namespaces and autoscalers are looked up here.
    """
    items = list(objects)
    namespaces = {
        key_of(i).name: texts(metadata(i).get("labels")) for i in items if i["kind"] == "Namespace"
    }
    least = dict(_least_replicas(items))
    sidecar = _sidecar(items)
    found = []
    for item in items:
        template = pod_template(item)
        if template is None:
            continue
        key = key_of(item)
        spec = mapping(template["spec"])
        if not _may_run_on_system_nodes(spec):
            continue
        each = _asked(spec)
        if is_injected(template, namespace_labels=namespaces.get(key.namespace, {})):
            each += sidecar
        replicas = mapping(item["spec"]).get("replicas")
        found.append(
            Workload(
                name=str(key),
                each=each,
                count=least.get((key.kind, key.namespace, key.name), _number(replicas)),
                per_node=key.kind == "DaemonSet",
            )
        )
    return found


def _number(replicas: JsonValue) -> int:
    """One where none is given; what is no number, Kubernetes itself refuses."""
    return replicas if isinstance(replicas, int) else 1


def _asked(spec: Mapping[str, JsonValue]) -> Resources:
    """What a pod asks for."""
    running = Resources(pods=1)
    highest = Resources()
    for container in dicts(spec.get("initContainers")):
        asked = _requests(container)
        if container.get("restartPolicy") == "Always":
            running += asked
        else:
            highest = _larger(highest, running + asked)
    for container in dicts(spec.get("containers")):
        running += _requests(container)
    return _larger(running, highest)


def _larger(one: Resources, other: Resources) -> Resources:
    return Resources(
        cpu=max(one.cpu, other.cpu), memory=max(one.memory, other.memory), pods=one.pods
    )


def _requests(container: Mapping[str, JsonValue]) -> Resources:
    return requests_of(mapping(container.get("resources")).get("requests"))


def _may_run_on_system_nodes(spec: Mapping[str, JsonValue]) -> bool:
    wanted = mapping(spec.get("nodeSelector"))
    return all(SYSTEM_NODE_LABELS.get(label) == value for label, value in wanted.items())


def _least_replicas(
    items: Iterable[KubernetesObject],
) -> Iterator[tuple[tuple[str, str, str], int]]:
    """Kind, namespace and name of what autoscalers scale, and their least."""
    for item in items:
        if target := scaled(item):
            name = (target.kind, target.namespace, target.name)
            yield name, int(str(mapping(item["spec"]).get("minReplicas", 1)))


def _sidecar(items: Iterable[KubernetesObject]) -> Resources:
    """What an injected proxy asks for, by istiod's own values; the bundled sample has none."""
    for item in items:
        if item["kind"] == "ConfigMap" and key_of(item).name == INJECTOR:
            node: JsonValue = json.loads(str(mapping(item["data"])["values"]))
            for name in ("global", "proxy", "resources", "requests"):
                node = mapping(node).get(name)
            return requests_of(node)
    return Resources()
