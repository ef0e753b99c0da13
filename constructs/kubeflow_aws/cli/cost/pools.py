"""What Karpenter's node pools cost while people work: nothing at first, and how much at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kubeflow_aws.capacity.resources import quantity
from kubeflow_aws.catalog.instance_types import InstanceSize
from kubeflow_aws.cli.cost.charges import Terms, Uncounted
from kubeflow_aws.cli.cost.objects import GIB

VCPUS: Final = "cpu"


@dataclass(frozen=True, kw_only=True, slots=True)
class Pool:
    """A node pool at its limit.

    Attributes:
        name: Its name.
        limit: For example `128 vCPUs`.
        nodes: The nodes with which it is dearest, for example `4 x m7i.8xlarge`.
        usd_per_hour: What they cost on demand, disks included.
        spot: Whether it buys spot capacity, which costs less than that.
    """

    name: str
    limit: str
    nodes: str
    usd_per_hour: float
    spot: bool


def pools_of(objects: Iterable[Mapping[str, Any]], terms: Terms) -> Iterator[Pool | Uncounted]:
    """The node pools among some objects, each at its limit.

    Args:
        objects: All objects of the platform.
        terms: The prices, and the hours of a month.
    """
    items = [each for each in objects if each["kind"] in {"EC2NodeClass", "NodePool"}]
    disks = {
        each["metadata"]["name"]: _disk_gib(each["spec"])
        for each in items
        if each["kind"] == "EC2NodeClass"
    }
    for item in items:
        if item["kind"] == "NodePool":
            yield from _pool(item["metadata"]["name"], item["spec"], disks, terms)


def _pool(
    name: str, spec: Mapping[str, Any], disks: Mapping[str, float], terms: Terms
) -> Iterator[Pool | Uncounted]:
    template = spec["template"]["spec"]
    wanted = {each["key"]: each["values"] for each in template["requirements"]}
    [(resource, text)] = spec["limits"].items()
    limit = int(quantity(text))
    disk = disks[template["nodeClassRef"]["name"]] * terms.prices.rates.ebs_gp3.usd
    priced = []
    for instance_type in wanted["node.kubernetes.io/instance-type"]:
        size = terms.sizes.get(instance_type)
        price = terms.prices.ec2.find(instance_type, size)
        if size is None or price is None:
            why = "constructs/kubeflow_aws/cli/cost/prices.yaml has no price for it; add one"
            yield Uncounted(what=f"{instance_type} in the node pool {name}", why=why)
        elif count := limit // _units(size, resource):
            per_hour = count * (price.usd + disk / terms.assume.hours)
            priced.append((per_hour, f"{count} x {instance_type}"))
    if priced:
        per_hour, nodes = max(priced)
        yield Pool(
            name=name,
            limit=f"{limit} vCPUs" if resource == VCPUS else f"{limit} {resource}",
            nodes=nodes,
            usd_per_hour=per_hour,
            spot=wanted["karpenter.sh/capacity-type"] == ["spot"],
        )


def _units(size: InstanceSize, resource: str) -> int:
    return size.vcpus if resource == VCPUS else size.devices(resource)


def _disk_gib(spec: Mapping[str, Any]) -> float:
    volumes = [each["ebs"]["volumeSize"] for each in spec["blockDeviceMappings"]]
    return float(sum(quantity(each) for each in volumes) / GIB)
