"""Reads a cloud assembly and reckons what it costs a month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from kubeflow_aws.assembly.stacks import Template, stacks_in_order, templates_of
from kubeflow_aws.assembly.templates import objects_in
from kubeflow_aws.capacity.fit import Fit, NodeGroup, fit_of
from kubeflow_aws.catalog.instance_types import (
    SIZES,
    UNLISTED,
    InstanceSize,
    instance_table,
    sizes_with,
)
from kubeflow_aws.cli.cost.charges import Charge, Line, Pricer, Resource, Terms, Uncounted
from kubeflow_aws.cli.cost.compute import COMPUTE
from kubeflow_aws.cli.cost.data import DATA
from kubeflow_aws.cli.cost.lines import cost_lines
from kubeflow_aws.cli.cost.network import NETWORK
from kubeflow_aws.cli.cost.objects import OBJECTS
from kubeflow_aws.cli.cost.pools import Pool, pools_of
from kubeflow_aws.cli.cost.services import SERVICES
from kubeflow_aws.files.errors import UserError

PRICERS: Final[Mapping[str, Pricer]] = {**COMPUTE, **DATA, **NETWORK, **OBJECTS, **SERVICES}
"""Of types whose properties decide; `lines.yaml` has the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StackCost:
    """What one stack costs.

    Attributes:
        name: The stack.
        region: Its region.
        lines: What costs money, the dearest first.
    """

    name: str
    region: str
    lines: list[Line]

    @property
    def usd(self) -> float:
        """Dollars a month."""
        return sum(line.usd for line in self.lines)


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """What a cloud assembly costs a month while nobody works.

    Attributes:
        stacks: The stacks, each after those that it uses.
        uncounted: What costs money and is in no sum.
        pools: The node pools at their limits, which are in no sum.
        by_use: Types that cost about nothing, and how many resources of each there are.
        fit: The platform against the system nodes, unless others own them.
    """

    stacks: list[StackCost]
    uncounted: list[Uncounted]
    pools: list[Pool]
    by_use: Mapping[str, int]
    fit: Fit | None

    @property
    def usd(self) -> float:
        """Dollars a month."""
        return sum(stack.usd for stack in self.stacks)


def estimate_of(assembly: Path, terms: Terms) -> Estimate:
    """Reckon what a cloud assembly costs.

    Args:
        assembly: The cloud assembly, or a pipeline's stage in one.
        terms: Prices and assumptions.

    Raises:
        UserError: The folder holds no cloud assembly, or a node's size is not known.
    """
    read = [(stack, templates_of(assembly, stack)) for stack in stacks_in_order(assembly)]
    everything = [template for _, templates in read for template in templates]
    terms = replace(terms, sizes=sizes_with(_unlisted(everything)))
    stacks: list[StackCost] = []
    uncounted: set[Uncounted] = set()
    by_use: Counter[str] = Counter()
    for stack, templates in read:
        lines: list[Line] = []
        for resource in _resources(templates):
            if resource.kind in cost_lines().by_use:
                by_use[resource.kind] += 1
            for charge in charges_of(resource, terms):
                if isinstance(charge, Line):
                    lines.append(charge)
                else:
                    uncounted.add(charge)
        stacks.append(StackCost(name=stack.name, region=stack.region, lines=_together(lines)))
    objects = [item for template in everything for item in objects_in(template)]
    pools: list[Pool] = []
    for pool in pools_of(objects, terms):
        if isinstance(pool, Pool):
            pools.append(pool)
        else:
            uncounted.add(pool)
    return Estimate(
        stacks=stacks,
        uncounted=sorted(uncounted),
        pools=pools,
        by_use=by_use,
        fit=_fit(_resources(everything), objects, terms.sizes),
    )


def charges_of(resource: Resource, terms: Terms) -> Iterable[Charge]:
    """What a resource costs; a type that nobody told us about is not counted, and said to be.

    Args:
        resource: The resource.
        terms: Prices and assumptions.
    """
    lines = cost_lines().lines_of(resource.kind, terms)
    if lines is not None:
        return lines
    pricer = PRICERS.get(resource.kind)
    if pricer is None:
        why = "constructs/kubeflow_aws/cli/cost knows no price of this type, nor that it is free"
        return (Uncounted(what=resource.kind, why=why),)
    return pricer(resource, terms)


def _resources(templates: Iterable[Template]) -> Iterator[Resource]:
    for template in templates:
        siblings = template.get("Resources", {})
        for logical_id, resource in siblings.items():
            yield Resource(
                kind=resource["Type"],
                logical_id=logical_id,
                properties=resource.get("Properties", {}),
                siblings=siblings,
            )


def _together(lines: Iterable[Line]) -> list[Line]:
    """One line for what is the same at the same price, the dearest first."""
    quantities: dict[Line, float] = {}
    for line in lines:
        one = Line(what=line.what, quantity=0, price=line.price, assumed=line.assumed)
        quantities[one] = quantities.get(one, 0) + line.quantity
    together = [
        Line(what=one.what, quantity=quantity, price=one.price, assumed=one.assumed)
        for one, quantity in quantities.items()
    ]
    return sorted(together, key=lambda line: line.usd, reverse=True)


def _unlisted(templates: Iterable[Template]) -> dict[str, InstanceSize]:
    """What the deployment file says of instance types that the table does not know."""
    found: dict[str, InstanceSize] = {}
    for template in templates:
        described = template.get("Metadata", {}).get(UNLISTED, {})
        found |= SIZES.validate_python(described)
    return found


def _fit(
    resources: Iterable[Resource],
    objects: Iterable[dict[str, Any]],
    sizes: Mapping[str, InstanceSize],
) -> Fit | None:
    """The platform against the system nodes; nothing where the cluster is somebody else's."""
    group, addons = None, set()
    for resource in resources:
        properties = resource.properties
        match resource.kind:
            case "AWS::EKS::Nodegroup":
                names = properties["InstanceTypes"]
                if unknown := [each for each in names if each not in sizes]:
                    raise UserError(
                        f"the assembly has nodes of {' and '.join(unknown)}, which neither "
                        f"{instance_table()} nor the assembly describes; synthesize it anew"
                    )
                group = NodeGroup(
                    sizes={each: sizes[each] for each in names},
                    nodes=properties["ScalingConfig"]["DesiredSize"],
                )
            case "AWS::EKS::Addon":
                addons.add(str(properties["AddonName"]))
    return fit_of(group, addons, objects) if group else None
