"""The pods of EKS's add-ons, which EKS installs and no template shows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubeflow_aws.capacity.addon_pods import addon_pods, addons_of
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM

_EVERYWHERE = [{"operator": "Exists"}]
_SYSTEM = [{"key": "CriticalAddonsOnly", "operator": "Exists"}]


def addon_workloads(deployment: Deployment) -> list[dict[str, Any]]:
    """Deployments and DaemonSets that ask for what the add-ons of a deployment ask for.

    Where they may run is what we configure or, for daemons, what their charts say; with the
    priorities of those charts.
    """
    return list(_workloads(deployment))


def _workloads(deployment: Deployment) -> Iterable[dict[str, Any]]:
    for workload in addon_pods(addons_of(deployment)):
        kind, _, path = workload.name.partition(" ")
        namespace, _, name = path.partition("/")
        labels = {"addon": name}
        requests = {"cpu": f"{workload.each.cpu}m", "memory": str(workload.each.memory)}
        daemon = workload.per_node
        pod = {
            "containers": [{"name": "c", "image": "addon", "resources": {"requests": requests}}],
            "priorityClassName": "system-node-critical" if daemon else "system-cluster-critical",
            "tolerations": _EVERYWHERE if daemon else _SYSTEM,
            **({} if daemon else {"nodeSelector": {NODE_GROUP_LABEL: SYSTEM}}),
        }
        yield {
            "apiVersion": "apps/v1",
            "kind": kind.partition(".")[0],
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                **({} if daemon else {"replicas": workload.count}),
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": pod},
            },
        }
