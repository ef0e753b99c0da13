"""What runs twice in production, so that nobody who waits for an answer notices a drained node.

`manifests/availability.yaml` says what does, what does not, and why.

A budget is of what may be missing (`maxUnavailable: 1`), not of what must be there: with
`minAvailable: 1` a workload that somebody scaled to one pod, or took out of production, could never
leave its node, and a node that EKS replaces would wait for it. A pod that is broken may always go
(`AlwaysAllow`), since it answers nobody and its node may be what is wrong with it (Kubernetes,
"Specifying a Disruption Budget for your Application"). A pod that two budgets select cannot be
evicted at all, so where upstream has one for a workload, that one is changed and none is added.

That the pods stand in different zones is wished, not demanded: two in one zone serve better than
one of them that waits for a place.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    ObjectKey,
    child,
    dicts,
    key_of,
    mapping,
    metadata,
    pod_spec,
    pod_template,
    scaled,
    texts,
    with_pod_spec,
)
from kubeflow_aws.reachability.policies import Selector
from kubeflow_aws.rendering.render import Rendered

REPLICAS: Final = 2
"""The least of what runs more than once."""

TOPOLOGIES: Final = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
"""Labels of nodes over whose values pods are spread: a zone may be lost, or a node."""

BUDGET_PREFIX: Final = "available-"
"""Names of our budgets begin with it. A name decides the pack of an object, and with these none of
upstream's packs, some of which are nearly full, has to be divided."""

WorkloadName = Annotated[
    str, StringConstraints(pattern=r"^(Deployment|StatefulSet)\.apps [a-z0-9-]+/[a-z0-9.-]+$")
]
Reason = Annotated[str, StringConstraints(min_length=20)]


class _Declared(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Row(_Declared):
    """Workloads that are alike.

    Attributes:
        workloads: Kind, namespace and name of each.
        why: What makes two right, or one enough.
        source: Where that was read.
        read_on: When.
    """

    workloads: Annotated[tuple[WorkloadName, ...], Field(min_length=1)]
    why: Reason
    source: Reason
    read_on: date


class Availability(_Declared):
    """The workloads of the platform in production.

    Attributes:
        replicated: Those that run at least twice.
        single: Those that stay at one.
    """

    replicated: tuple[Row, ...]
    single: tuple[Row, ...]

    @property
    def twice(self) -> frozenset[str]:
        """Names of what runs at least twice."""
        return frozenset(_names(self.replicated))

    @property
    def once(self) -> frozenset[str]:
        """Names of what stays at one."""
        return frozenset(_names(self.single))

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        names = [*_names(self.replicated), *_names(self.single)]
        if again := sorted({each for each in names if names.count(each) > 1}):
            raise ValueError(f"{', '.join(again)}: stands in two rows; keep one")
        return self


def load_availability(path: Path) -> Availability:
    """What runs how often in production.

    Args:
        path: The file.

    Raises:
        UserError: It cannot be read or is wrong; the text says where.
    """
    return read_data_file(path, TypeAdapter(Availability))


def make_available(rendered: Rendered, twice: Collection[str]) -> Rendered:
    """A component in which some workloads outlive the loss of a node.

    Each of them gets its replicas, or its autoscaler a least number of them, is spread over zones
    and nodes, and has a budget: upstream's where there is one.

    Args:
        rendered: The component.
        twice: Kind, namespace and name of the workloads.
    """
    workloads = {key: item for item in rendered.objects if str(key := key_of(item)) in twice}
    scalers = {
        target for item in rendered.objects if (target := scaled(item)) and str(target) in twice
    }
    objects: list[KubernetesObject] = []
    guarded: set[ObjectKey] = set()
    for item in rendered.objects:
        key = key_of(item)
        if key in workloads:
            spread = _spread(item)
            objects.append(spread if key in scalers else _at_least(spread, "replicas"))
        elif scaled(item) in scalers:
            objects.append(_at_least(item, "minReplicas"))
        elif held := [one for one, each in workloads.items() if guards(item, each)]:
            guarded.add(held[0])
            objects.append({**item, "spec": _budget(workloads[held[0]])})
        else:
            objects.append(item)
    added: list[KubernetesObject] = [
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": {"name": f"{BUDGET_PREFIX}{key.name}", "namespace": key.namespace},
            "spec": _budget(item),
        }
        for key, item in workloads.items()
        if key not in guarded
    ]
    return replace(rendered, objects=[*objects, *added])


def guards(budget: KubernetesObject, workload: KubernetesObject) -> bool:
    """Whether an object is a PodDisruptionBudget of a workload's pods.

    Args:
        budget: Any object.
        workload: Any object.
    """
    one, other, template = key_of(budget), key_of(workload), pod_template(workload)
    if one.kind != "PodDisruptionBudget" or one.namespace != other.namespace or template is None:
        return False
    # Without a selector it guards nothing, with an empty one everything.
    selector = child(budget, "spec", "selector")
    labels = texts(metadata(template).get("labels"))
    return selector is not None and Selector.model_validate(selector).matches(labels)


def _names(rows: Iterable[Row]) -> Iterator[str]:
    return (each for row in rows for each in row.workloads)


def _at_least(item: KubernetesObject, field: str) -> KubernetesObject:
    spec = mapping(item["spec"])
    given = spec.get(field)
    return {
        **item,
        "spec": {**spec, field: max(REPLICAS, given) if isinstance(given, int) else REPLICAS},
    }


def _spread(item: KubernetesObject) -> KubernetesObject:
    """The workload with a wish for every topology over which it is not spread by itself."""
    spec = pod_spec(item) or {}
    own = dicts(spec.get("topologySpreadConstraints"))
    wishes: Sequence[JsonValue] = [
        {
            "topologyKey": topology,
            "maxSkew": 1,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": child(item, "spec", "selector"),
            # Pods of the revision that is on its way out do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for topology in TOPOLOGIES
        if topology not in {each.get("topologyKey") for each in own}
    ]
    return with_pod_spec(item, {**spec, "topologySpreadConstraints": [*own, *wishes]})


def _budget(workload: KubernetesObject) -> dict[str, JsonValue]:
    return {
        "maxUnavailable": 1,
        "selector": child(workload, "spec", "selector"),
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
