"""Puts the pods of the platform on its own nodes, before everybody else's.

What is rendered is the platform: users' pods are made at run time, in their profiles. Objects of
other kinds may hold templates of users' pods, such as ClusterTrainingRuntimes: they stay as they
are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    key_of,
    pod_spec,
    with_pod_spec,
)
from kubeflow_aws.objects.node_labels import (
    NODE_GROUP_LABEL,
    SYSTEM,
    SYSTEM_TAINT,
    TOLERATES_SYSTEM_TAINT,
)
from kubeflow_aws.rendering.render import Rendered

PRIORITY_CLASS: Final = "kubeflow-platform"
"""Of `manifests/components/placement`, which comes before all that names it."""

_WORKLOADS: Final = frozenset(
    {
        ("apps", "DaemonSet"),
        ("apps", "Deployment"),
        ("apps", "StatefulSet"),
        ("batch", "CronJob"),
        ("batch", "Job"),
    }
)
_ON_EVERY_NODE: Final = "DaemonSet"


def place(rendered: Rendered, *, own_nodes: bool) -> Rendered:
    """A component whose pods run where the platform runs.

    Args:
        rendered: The component.
        own_nodes: Whether the cluster has nodes of the platform's own; another has its own order.
    """
    return replace(
        rendered, objects=[_placed(item, own_nodes=own_nodes) for item in rendered.objects]
    )


def placed_pod(
    spec: Mapping[str, JsonValue], *, own_nodes: bool, every_node: bool = False
) -> dict[str, JsonValue]:
    """A pod of the platform with its priority, on the platform's nodes.

    What it says itself stays: a class of its own, and the nodes that it chooses.

    Args:
        spec: Its spec.
        own_nodes: Whether the cluster has nodes of the platform's own.
        every_node: Whether it runs on users' nodes as well.
    """
    placed: dict[str, JsonValue] = {"priorityClassName": PRIORITY_CLASS, **spec}
    if not own_nodes:
        return placed
    if not every_node:
        chosen = spec.get("nodeSelector")
        placed["nodeSelector"] = {
            NODE_GROUP_LABEL: SYSTEM,
            **(chosen if isinstance(chosen, dict) else {}),
        }
    tolerations = spec.get("tolerations")
    tolerations = tolerations if isinstance(tolerations, list) else []
    if not any(map(tolerates_system_taint, tolerations)):
        placed["tolerations"] = [*tolerations, dict(TOLERATES_SYSTEM_TAINT)]
    return placed


def tolerates_system_taint(toleration: JsonValue) -> bool:
    """Whether a toleration lets a pod onto the platform's nodes.

    Without a key it tolerates every taint, without an effect every effect (Kubernetes, "Taints and
    Tolerations").

    Args:
        toleration: One of a pod.
    """
    return (
        isinstance(toleration, dict)
        and toleration.get("operator") == "Exists"
        and toleration.get("key", SYSTEM_TAINT) == SYSTEM_TAINT
        and toleration.get("effect", "NoSchedule") == "NoSchedule"
    )


def _placed(item: KubernetesObject, *, own_nodes: bool) -> KubernetesObject:
    key = key_of(item)
    spec = pod_spec(item)
    if spec is None or (key.group, key.kind) not in _WORKLOADS:
        return item
    return with_pod_spec(
        item, placed_pod(spec, own_nodes=own_nodes, every_node=key.kind == _ON_EVERY_NODE)
    )
