"""vCPUs: which quota counts an instance type, what nodes need, and what is in use."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kubeflow_aws.catalog.instance_types import InstanceSize, size_from
from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.doctor.quota import Quota
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.node_pools import AcceleratedPool, Capacity, CpuPool, NodePool

BATCH: Final = 100
"""Instance types that one call describes (EC2 API reference, DescribeInstanceTypes)."""


_STANDARD: Final = frozenset({"a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"})
_P5: Final = frozenset({"p5", "p5e", "p5en"})
_P4: Final = frozenset({"p4d", "p4de"})


def _vcpus(name: str, code: str) -> Quota:
    return Quota(name=name, service="ec2", code=code)


_G_ON_DEMAND: Final = _vcpus("On-demand vCPUs of G and VT", "L-DB2E81BA")
_G_SPOT: Final = _vcpus("Spot vCPUs of G and VT", "L-3819A6DF")

_ON_DEMAND: Final[Mapping[str, Quota]] = {
    "standard": _vcpus("On-demand vCPUs of Standard types", "L-1216C47A"),
    "g": _G_ON_DEMAND,
    "vt": _G_ON_DEMAND,
    "p": _vcpus("On-demand vCPUs of P", "L-417A185B"),
    "inf": _vcpus("On-demand vCPUs of Inf", "L-1945791B"),
    "trn": _vcpus("On-demand vCPUs of Trn", "L-2C3B7624"),
    "x": _vcpus("On-demand vCPUs of X", "L-7295265B"),
}
_SPOT: Final[Mapping[str, Quota]] = {
    "standard": _vcpus("Spot vCPUs of Standard types", "L-34B43A08"),
    "g": _G_SPOT,
    "vt": _G_SPOT,
    "p": _vcpus("Spot vCPUs of P2 to P4", "L-7212CCBC"),
    "p5": _vcpus("Spot vCPUs of P5", "L-C4BD4855"),
    "inf": _vcpus("Spot vCPUs of Inf", "L-B5D1601B"),
    "trn": _vcpus("Spot vCPUs of Trn", "L-6B0D517C"),
    "x": _vcpus("Spot vCPUs of X", "L-E3A00192"),
}


def quota_of(instance_type: str, capacity: Capacity) -> Quota | None:
    """The quota that counts an instance type, if it is known here.

    Source: `aws service-quotas list-service-quotas --service-code ec2`.

    Args:
        instance_type: For example ``m7i.xlarge``.
        capacity: Quotas of Spot Instances are their own.
    """
    family = instance_type.partition(".")[0]
    match = re.match(r"[a-z]+", family)
    letters = match[0] if match else ""
    group = "standard" if letters in _STANDARD else letters
    if capacity is Capacity.SPOT and letters == "p":
        group = "p5" if family in _P5 else "p" if family in _P4 else ""
    names = _SPOT if capacity is Capacity.SPOT else _ON_DEMAND
    return names.get(group)


@dataclass(kw_only=True, slots=True)
class Need:
    """What the nodes of a deployment need of a quota, in vCPUs.

    Attributes:
        at_once: Of the system nodes, which come with the cluster.
        at_most: Of all nodes, with each pool at its limit.
        fields: Fields of the deployment file that set the limits.
    """

    at_once: int = 0
    at_most: int = 0
    fields: list[str] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Needs:
    """What the nodes of a deployment need.

    Attributes:
        by_quota: Of each quota.
        unknown: Instance types whose quota is not known here.
    """

    by_quota: dict[Quota, Need]
    unknown: list[str]


def types_of(deployment: Deployment) -> list[str]:
    """All instance types that a deployment names, those of its system nodes first."""
    cluster = deployment.cluster
    types = list(cluster.system_nodes.instance_types)
    for pool in cluster.node_pools.named().values():
        types += pool.instance_types
    return list(dict.fromkeys(types))


def needs_of(deployment: Deployment, sizes: Mapping[str, InstanceSize]) -> Needs:
    """What the nodes of a deployment need.

    A pool takes the instance types that need fewest vCPUs for its limit, so less than this is
    never enough.

    Args:
        deployment: Its nodes.
        sizes: Of all its instance types.
    """
    quotas: dict[Quota, Need] = {}
    unknown: list[str] = []
    system = deployment.cluster.system_nodes
    first = system.instance_types[0]
    start = system.at_start(production=deployment.is_production)
    if quota := quota_of(first, Capacity.ON_DEMAND):
        vcpus = sizes[first].vcpus
        quotas[quota] = Need(
            at_once=start * vcpus,
            at_most=system.max_size * vcpus,
            fields=["cluster.system_nodes.max_size"],
        )
    else:
        unknown.append(first)
    for name, pool in deployment.cluster.node_pools.named().items():
        types: dict[Quota, list[str]] = {}
        for each in pool.instance_types:
            if quota := quota_of(each, pool.capacity):
                types.setdefault(quota, []).append(each)
            else:
                unknown.append(each)
        limit = "max_cpus" if isinstance(pool, CpuPool) else "max_devices"
        for quota, members in types.items():
            need = quotas.setdefault(quota, Need())
            need.at_most += min(_limit_of(pool, sizes[each]) for each in members)
            need.fields.append(f"cluster.node_pools.{name}.{limit}")
    return Needs(by_quota=quotas, unknown=unknown)


def _limit_of(pool: NodePool, size: InstanceSize) -> int:
    """How many vCPUs a pool has at its limit, if it takes one instance type alone."""
    match pool:
        case CpuPool():
            return pool.max_cpus
        case AcceleratedPool():
            return -(-pool.max_devices // max(1, size.devices(pool.accelerator))) * size.vcpus
    raise ValueError(f"a pool of {type(pool).__name__} has no limit")


def describe_sizes(aws: Aws, types: Iterable[str]) -> dict[str, InstanceSize]:
    """What instance types have, as EC2 describes them.

    Args:
        aws: Credentials that work.
        types: The instance types.
    """
    client, wanted = aws.client("ec2"), sorted(types)
    sizes = {}
    for start in range(0, len(wanted), BATCH):
        answer = client.describe_instance_types(InstanceTypes=wanted[start : start + BATCH])
        for each in answer["InstanceTypes"]:
            sizes[each["InstanceType"]] = size_from(each)
    return sizes


def vcpus_in_use(aws: Aws, *, cluster: str) -> Counter[Quota]:
    """Count vCPUs of the region's instances, by the quota that counts them.

    Args:
        aws: Credentials that work.
        cluster: Whose nodes do not count: they are what the deployment needs.
    """
    states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    pages = aws.client("ec2").get_paginator("describe_instances").paginate(Filters=states)
    counts: Counter[tuple[str, Capacity]] = Counter(
        (
            each["InstanceType"],
            Capacity.SPOT if each.get("InstanceLifecycle") == "spot" else Capacity.ON_DEMAND,
        )
        for page in pages
        for reservation in page["Reservations"]
        for each in reservation["Instances"]
        # On nodes of managed groups and of Karpenter.
        if f"kubernetes.io/cluster/{cluster}" not in {tag["Key"] for tag in each.get("Tags", ())}
    )
    sizes = describe_sizes(aws, {instance_type for instance_type, _ in counts})
    used: Counter[Quota] = Counter()
    for (instance_type, capacity), count in counts.items():
        if quota := quota_of(instance_type, capacity):
            used[quota] += count * sizes[instance_type].vcpus
    return used
