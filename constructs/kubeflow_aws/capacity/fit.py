"""Whether the platform fits on the system nodes.

What must fit where:

- **Everything that the platform itself runs must fit on the system nodes at their desired size.**
  Nobody scales that group: Karpenter makes nodes of its own pools and leaves managed groups alone,
  and there is no Cluster Autoscaler (docs/decisions/0011-karpenter.md). The desired size is thus
  what there is; `max_size` is the room that EKS needs to replace nodes, and an operator may use.
- The platform's pods may run nowhere else: they choose the system nodes by label
  (`rendering/placement.py`, and the add-ons' configuration). Users' pods may not run there, so what
  there is is the platform's.
- Daemons run on the pools as well; those that choose pools by label are not counted.
- Each pod must fit on one node, of the smallest of the types, beside the daemons.
- In production all of this must hold without one of the nodes, too.

The sums are of requests. Whether the pods can be laid out so that no room is lost between nodes is
not simulated. Users' pods, and the few that the platform makes for each profile, are users' work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kubeflow_aws.capacity.addon_pods import addon_pods, addons_of
from kubeflow_aws.capacity.nodes import allocatable
from kubeflow_aws.capacity.resources import Resources
from kubeflow_aws.capacity.workloads import Workload, workloads_of
from kubeflow_aws.catalog.instance_types import InstanceSize
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.render import Rendered

RESOURCES: Final = ("cpu", "memory", "pods")


@dataclass(frozen=True, kw_only=True, slots=True)
class NodeGroup:
    """A managed node group.

    Attributes:
        sizes: What its instance types offer, by their names; EC2 may take any of them.
        nodes: How many there are.
    """

    sizes: Mapping[str, InstanceSize]
    nodes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """What is asked of a node group, and what it offers.

    Attributes:
        group: The node group.
        per_node: What each node has for pods: the least of its types.
        daemons: What runs on each node, together.
        pods: Everything else.
    """

    group: NodeGroup
    per_node: Resources
    daemons: Resources
    pods: Sequence[Workload]

    @property
    def offered(self) -> Resources:
        """What all nodes have for pods."""
        return self.per_node * self.group.nodes

    @property
    def asked(self) -> Resources:
        """What the daemons on all nodes and everything else ask for."""
        return sum((pod.each * pod.count for pod in self.pods), self.daemons * self.group.nodes)

    def compared(self) -> Iterator[tuple[str, int, int]]:
        """The name of each resource, how much is asked, and how much offered."""
        for name in RESOURCES:
            yield name, getattr(self.asked, name), getattr(self.offered, name)

    @property
    def lacking(self) -> list[str]:
        """Names of the resources of which more is asked than offered."""
        return _lacking(self.asked, self.offered)

    @property
    def too_large(self) -> list[Workload]:
        """Those that find no room on an empty node, beside its daemons."""
        return [pod for pod in self.pods if _lacking(pod.each + self.daemons, self.per_node)]


def fit_of(group: NodeGroup, addons: Iterable[str], objects: Iterable[KubernetesObject]) -> Fit:
    """Put the add-ons and all objects of the platform against a node group.

    Args:
        group: The node group.
        addons: Names of the managed add-ons.
        objects: All objects of the platform.
    """
    sizes = [allocatable(each) for each in group.sizes.values()]
    workloads = [*addon_pods(addons), *workloads_of(objects)]
    return Fit(
        group=group,
        per_node=Resources(
            cpu=min(size.cpu for size in sizes),
            memory=min(size.memory for size in sizes),
            pods=min(size.pods for size in sizes),
        ),
        daemons=sum((each.each for each in workloads if each.per_node), Resources()),
        pods=[each for each in workloads if not each.per_node],
    )


def check_capacity(
    deployment: Deployment, components: Iterable[Rendered], *, file: str | None = None
) -> None:
    """Refuse a deployment whose system nodes have no room for the platform.

    The nodes of an existing cluster are not known, so nothing is checked there.

    Args:
        deployment: The deployment file.
        components: All components that it renders.
        file: Its path, which the error names.

    Raises:
        UserError: The platform does not fit.
    """
    if deployment.cluster.existing:
        return
    nodes, sizes = deployment.cluster.system_nodes, deployment.cluster.sizes
    where = f"{file}: cluster.system_nodes" if file else "cluster.system_nodes"
    group = NodeGroup(
        sizes={each: sizes[each] for each in nodes.instance_types},
        nodes=nodes.at_start(production=deployment.is_production),
    )
    addons = addons_of(deployment)
    objects = [item for one in components for item in one.objects]
    problems = list(_problems(fit_of(group, addons, objects)))
    if not problems and deployment.is_production:
        fewer = fit_of(replace(group, nodes=group.nodes - 1), addons, objects)
        problems = [
            f"in production the platform must outlive the loss of one of its {group.nodes} nodes: "
            f"{each}"
            for each in _lacking_room(fewer)
        ]
    if problems:
        raise UserError("\n".join(f"{where}: {problem}" for problem in problems))


def _lacking_room(fit: Fit) -> Iterator[str]:
    types = " or ".join(fit.group.sizes)
    if lacking := fit.lacking:
        offered = " and ".join(shown(fit.offered, name) for name in lacking)
        asked = " and ".join(shown(fit.asked, name) for name in lacking)
        yield (
            f"{fit.group.nodes} x {types} offer {offered}, but the platform asks for {asked}; "
            "take larger types, more nodes (min_size or desired_size), or switch components off"
        )


def _problems(fit: Fit) -> Iterator[str]:
    yield from _lacking_room(fit)
    for pod in fit.too_large:
        lacking = _lacking(pod.each + fit.daemons, fit.per_node)
        asked = " and ".join(shown(pod.each, name) for name in lacking)
        left = " and ".join(
            f"{shown(fit.per_node, name)} less {shown(fit.daemons, name)} for daemons"
            for name in lacking
        )
        yield f"a pod of {pod.name} asks for {asked}, but a node has {left}; take larger types"


def _lacking(asked: Resources, offered: Resources) -> list[str]:
    """Names of the resources of which more is asked than offered."""
    return [name for name in RESOURCES if getattr(asked, name) > getattr(offered, name)]


def shown(amount: Resources, name: str) -> str:
    """One of an amount's resources for people.

    Args:
        amount: The amount.
        name: `cpu`, `memory` or `pods`.
    """
    match name:
        case "cpu":
            return f"{amount.cpu / 1000:.2f} vCPUs"
        case "memory":
            return f"{amount.memory / 2**30:.2f} GiB"
    return f"{amount.pods} pods"
