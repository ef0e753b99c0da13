"""Karpenter's node pools: nodes of users' work, none until a pod needs one.

Field names and meanings: Karpenter documentation, "NodePools" and "NodeClasses".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from kubeflow_aws.applying.lanes import Work
from kubeflow_aws.deployment.node_pools import AcceleratedPool, CpuPool, NodePool
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL

EFA_LABEL: Final = "kubeflow-aws/efa"
"""On nodes of a pool with `efa`; the EFA device plugin runs there."""

LIFETIME: Final = "720h"
"""After 30 days a node is replaced, so that it gets a patched image."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NodePoolsProps:
    """Inputs of `KubeflowNodePools`.

    Attributes:
        cluster: The cluster that the nodes join.
        pools: The pools of the deployment file, by name.
        instance_profile: Name of the nodes' instance profile.
        subnet_ids: Where nodes may stand.
        tags: Tags of the instances and their disks.
        after: What makes nodes of the pools: Karpenter.
    """

    cluster: eks.ICluster
    pools: Mapping[str, NodePool]
    instance_profile: str
    subnet_ids: Sequence[str]
    tags: Mapping[str, str]
    after: Sequence[IDependable]


class KubeflowNodePools(Construct):
    """A NodePool and an EC2NodeClass for each pool of the deployment file.

    Each is applied on its own, so a pool that leaves the file goes. It goes before its class, and
    its nodes with it; a class stays until its last node is gone (its finalizer), and Karpenter
    until its classes are. So no instance is left.
    """

    work: Work

    def __init__(self, scope: Construct, construct_id: str, *, props: NodePoolsProps) -> None:
        super().__init__(scope, construct_id)
        for name, pool in props.pools.items():
            node_class = self._apply(
                f"{name.capitalize()}Class", props.cluster, _node_class(name, pool, props)
            )
            node_class.node.add_dependency(*props.after)
            applied = self._apply(f"{name.capitalize()}Pool", props.cluster, _node_pool(name, pool))
            applied.node.add_dependency(node_class)
        # Side by side, since a removal waits for the nodes of each.
        self.work = Work(width=len(props.pools), steps=2)

    def _apply(
        self, construct_id: str, cluster: eks.ICluster, item: KubernetesObject
    ) -> eks.KubernetesManifest:
        return eks.KubernetesManifest(
            self,
            construct_id,
            cluster=cluster,
            manifest=[item],
            overwrite=True,
            prune=False,
        )


def _node_class(name: str, pool: NodePool, props: NodePoolsProps) -> KubernetesObject:
    return {
        "apiVersion": "karpenter.k8s.aws/v1",
        "kind": "EC2NodeClass",
        "metadata": {"name": name},
        "spec": {
            # Of EKS's images for Amazon Linux 2023, Karpenter takes the one with the drivers of
            # the instance type's accelerators.
            "amiSelectorTerms": [{"alias": "al2023@latest"}],
            "instanceProfile": props.instance_profile,
            "subnetSelectorTerms": [{"id": subnet_id} for subnet_id in props.subnet_ids],
            "securityGroupSelectorTerms": [{"id": props.cluster.cluster_security_group_id}],
            # As for the system nodes: pods must not reach the node's role.
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "detailedMonitoring": True,
            "blockDeviceMappings": [
                {
                    "deviceName": "/dev/xvda",
                    "ebs": {
                        "volumeSize": f"{pool.disk_gib}Gi",
                        "volumeType": "gp3",
                        "encrypted": True,
                        "deleteOnTermination": True,
                    },
                }
            ],
            "tags": dict(props.tags),
        },
    }


def _node_pool(name: str, pool: NodePool) -> KubernetesObject:
    template: dict[str, JsonValue] = {
        "nodeClassRef": {"group": "karpenter.k8s.aws", "kind": "EC2NodeClass", "name": name},
        "expireAfter": LIFETIME,
        "requirements": [
            _one_of("node.kubernetes.io/instance-type", *pool.instance_types),
            _one_of("karpenter.sh/capacity-type", str(pool.capacity)),
            _one_of("kubernetes.io/arch", "amd64"),
        ],
    }
    if pool.accelerator:
        # Keeps what asks for no device off the expensive nodes; Kubernetes adds the toleration to
        # pods that do (admission plug-in ExtendedResourceToleration, which EKS runs).
        template["taints"] = [{"key": pool.accelerator, "value": "present", "effect": "NoSchedule"}]
    return {
        "apiVersion": "karpenter.sh/v1",
        "kind": "NodePool",
        "metadata": {"name": name},
        "spec": {
            "template": {"metadata": {"labels": _labels(name, pool)}, "spec": template},
            "limits": _limits(pool),
            "disruption": {
                # Nobody's notebook is moved to save money: only empty nodes go.
                "consolidationPolicy": "WhenEmpty",
                "consolidateAfter": "5m",
                # Nor for a newer image, which AWS publishes every week.
                "budgets": [{"nodes": "0", "reasons": ["Drifted"]}, {"nodes": "100%"}],
            },
        },
    }


def _one_of(key: str, *values: str) -> dict[str, JsonValue]:
    return {"key": key, "operator": "In", "values": list(values)}


def _labels(name: str, pool: NodePool) -> dict[str, JsonValue]:
    labels: dict[str, JsonValue] = {NODE_GROUP_LABEL: name}
    if isinstance(pool, AcceleratedPool) and pool.efa:
        labels[EFA_LABEL] = "true"
    return labels


def _limits(pool: NodePool) -> dict[str, JsonValue]:
    match pool:
        case CpuPool():
            return {"cpu": str(pool.max_cpus)}
        case AcceleratedPool() if pool.accelerator:
            return {pool.accelerator: str(pool.max_devices)}
    raise ValueError(f"a pool of {type(pool).__name__} has no limit")
