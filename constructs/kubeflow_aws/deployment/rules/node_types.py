"""What must hold of the instance types that nodes are made of, and what nobody has checked.

The table of instance types knows what there was when it was written. A type that is not in it is
no mistake: the file describes it, and is believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from kubeflow_aws.catalog.instance_types import DEVICE_FIELDS, X86_64, InstanceSize, instance_table
from kubeflow_aws.deployment.cluster import Cluster
from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.node_pools import AcceleratedPool, NodePool

FIELD: Final = "unlisted_instance_types"


def check_node_types(deployment: Deployment) -> None:
    """Every node is of a type that somebody knows, and that has what its place needs."""
    try:
        _check_types(deployment.cluster)
    except ValueError as error:
        raise ValueError(f"cluster: {error}") from None


def warnings_of(cluster: Cluster) -> Iterator[str]:
    """What is believed because the file says it.

    Args:
        cluster: The section.
    """
    for name in cluster.unlisted_instance_types:
        if not _is_listed(name):
            yield (
                f"cluster.{FIELD}: {name} is taken as the file describes it, since "
                f"{instance_table()} does not know it; make doctor asks EC2 whether it is so"
            )


def _check_types(cluster: Cluster) -> None:
    _check_descriptions(cluster)
    sizes = cluster.sizes
    for place, types, pool in _places(cluster):
        for name in types:
            size = sizes.get(name)
            if size is None:
                raise ValueError(
                    f"{place}.instance_types names {name}, which {instance_table()} does not know; "
                    f"describe it under {FIELD} with {_listed(_needed(pool))} as EC2 has them "
                    "(docs/training.md says how to get them), or name another type"
                )
            if isinstance(pool, AcceleratedPool):
                _check_devices(place, name, size, pool)
                _check_adapters(place, name, size, pool)
            elif size.gpus or size.gpu_parts or size.neuron_devices:
                raise ValueError(
                    f"{place}.instance_types names {name}, which has accelerators that any pod "
                    "would occupy; put it into node_pools.gpu or node_pools.neuron"
                )
        if pool is not None:
            _check_limit(place, pool, sizes)


def _places(cluster: Cluster) -> Iterator[tuple[str, Sequence[str], NodePool | None]]:
    yield "system_nodes", cluster.system_nodes.instance_types, None
    for name, pool in cluster.node_pools.named().items():
        yield f"node_pools.{name}", pool.instance_types, pool


def _check_descriptions(cluster: Cluster) -> None:
    named = {name for _, types, _ in _places(cluster) for name in types}
    for name, described in cluster.unlisted_instance_types.items():
        if name not in named:
            raise ValueError(
                f"{FIELD} describes {name}, which neither system_nodes nor node_pools name; remove "
                "it, or name it there"
            )
        if described.architecture != X86_64:
            raise ValueError(
                f"{FIELD}.{name}.architecture is {described.architecture}, but Kubeflow's images "
                f"are for {X86_64}; take another type"
            )
        listed = instance_table().instance_types.get(name, described)
        if wrong := described.differences(listed):
            raise ValueError(
                f"{FIELD}.{name} is not as {instance_table()} has it: {_listed(wrong)}; remove the "
                "description, since the table knows this type"
            )


def _check_limit(place: str, pool: NodePool, sizes: Mapping[str, InstanceSize]) -> None:
    """Karpenter starts no node that would pass its pool's limit.

    Source: sigs.k8s.io/karpenter, scheduling/scheduler.go, "all available instance types exceed
    limits for nodepool". Nobody else has room for users' pods: the system nodes are tainted.
    """
    types = {name: sizes[name] for name in pool.instance_types}
    field, limit = pool.limit
    counts = {name: pool.count_of(size) for name, size in types.items()}
    smallest = min(counts, key=lambda name: counts[name])
    if limit < counts[smallest]:
        raise ValueError(
            f"{place}.{field} is {limit}, but {smallest}, the smallest of its types, has "
            f"{counts[smallest]}, so no node could ever start; give {counts[smallest]} or more, or "
            "name a smaller type"
        )


def _check_devices(place: str, name: str, size: InstanceSize, pool: AcceleratedPool) -> None:
    if size.devices(pool.accelerator):
        return
    field = DEVICE_FIELDS[pool.accelerator]
    if not _is_listed(name):
        raise ValueError(
            f"{place}.instance_types names {name}, which {FIELD} describes without {field}; give "
            f"{field}, or put it into another pool"
        )
    families = {
        other.partition(".")[0]
        for other, each in instance_table().instance_types.items()
        if each.devices(pool.accelerator) and each.architecture == X86_64
    }
    # Karpenter 1.13 and 1.14, pkg/providers/instancetype/types.go, nvidiaGPUs: pods that ask for a
    # GPU would wait for such a node forever.
    parts = " but a part of one, which Karpenter counts as none" if size.gpu_parts else ""
    raise ValueError(
        f"{place}.instance_types names {name}, which has no {pool.named}{parts}; take one of the "
        f"families {', '.join(sorted(families))}"
    )


def _check_adapters(place: str, name: str, size: InstanceSize, pool: AcceleratedPool) -> None:
    if not pool.efa or size.efa_interfaces:
        return
    if not _is_listed(name):
        raise ValueError(
            f"{place}.efa is on, but {FIELD} describes {name} without efa_interfaces; give "
            "efa_interfaces, or remove efa"
        )
    raise ValueError(
        f"{place}.efa is on, but {name} has no Elastic Fabric Adapter; take the largest sizes, "
        "such as g6.48xlarge, p5.48xlarge or trn1.32xlarge"
    )


def _needed(pool: NodePool | None) -> list[str]:
    """What a description must say of a type, by where it is named."""
    fields = [name for name, field in InstanceSize.model_fields.items() if field.is_required()]
    if isinstance(pool, AcceleratedPool):
        fields.append(DEVICE_FIELDS[pool.accelerator])
        if pool.efa:
            fields.append("efa_interfaces")
    return fields


def _is_listed(name: str) -> bool:
    return name in instance_table().instance_types


def _listed(items: Sequence[str]) -> str:
    """In words."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last
