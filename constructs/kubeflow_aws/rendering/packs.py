"""Packs: the portions in which a component's objects are applied.

A pack becomes one custom resource, so it must fit the event that CloudFormation sends to the
kubectl handler, and its output must fit the handler's answer. Which pack an object belongs to
depends on its own identity alone: an object more or less moves no other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import (
    CRD,
    JsonValue,
    KubernetesObject,
    ObjectKey,
    child,
    dicts,
    key_of,
    metadata,
    pod_spec,
)
from kubeflow_aws.rendering.component import Component

MAX_PACK_BYTES: Final = 200_000
"""Of the escaped JSON; Lambda takes asynchronous events of up to 256 KB (Lambda quotas)."""

MAX_ANSWER_BYTES: Final = 3_100
"""Of what kubectl prints, a line an object. A custom resource's answer may hold 4,096 bytes
(CloudFormation User Guide, custom resource response objects): half of the rest says which resource
of which stack it is, the other half why it failed."""

MAX_PACK_OBJECTS: Final = 40
"""Objects in a pack that is filled by number, as those of profiles are."""


class Phase(StrEnum):
    """When the objects of a pack are applied within their component."""

    DEFINITIONS = "definitions"
    """Namespaces, CRDs and classes of Ingresses: what others need as long as they exist, even to be
    deleted."""
    WORKLOADS = "workloads"
    """Everything else."""
    STATEFUL = "stateful"
    """What owns something outside the cluster: Ingresses, and claims of disks together with the
    workloads that hold them, since a claim is only deleted after its last pod."""
    ADMITTED = "admitted"
    """Objects that the component's own webhook must admit, and others of its own kinds."""


ORDER: Final = (
    (Phase.DEFINITIONS,),
    (Phase.WORKLOADS, Phase.STATEFUL),
    (Phase.ADMITTED,),
)
"""The phases one after another; those of one step side by side."""

_KIND_ORDER: Final = (
    "Namespace",
    CRD,
    "PriorityClass",
    "ServiceAccount",
    "ClusterRole",
    "Role",
    "ClusterRoleBinding",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "NetworkPolicy",
    "Service",
)
"""Kinds that others in the same pack refer to come first; webhook configurations come last."""

_DEFINING_KINDS: Final = frozenset({CRD, "IngressClass", "IngressClassParams", "Namespace"})
"""The AWS Load Balancer Controller's webhook lets no finalizer go from an Ingress without class."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pack:
    """Some objects of one component and phase.

    Attributes:
        component: Name of the component.
        phase: When it is applied.
        number: Which pack of its phase, from 1.
        objects: What to apply, in this order.
    """

    component: str
    phase: Phase
    number: int
    objects: Sequence[KubernetesObject]

    def __str__(self) -> str:
        """For example ``pipelines workloads 2``."""
        return f"{self.component} {self.phase} {self.number}"

    @property
    def text(self) -> str:
        """The objects as compact JSON."""
        return json.dumps(self.objects, separators=(",", ":"))

    @property
    def escaped_bytes(self) -> int:
        """Size inside the event, where the objects are JSON text inside JSON."""
        return len(json.dumps(self.text))

    @property
    def answer_bytes(self) -> int:
        """Size of what kubectl prints when it has applied all of them."""
        return sum(len(_line_of_kubectl(key_of(item))) for item in self.objects)


def pack_component(component: Component, objects: Iterable[KubernetesObject]) -> list[Pack]:
    """Divide a component's objects into packs.

    Raises:
        UserError: An object is too big for any pack, a pack is too full, or an object must be
            admitted by a webhook that nothing waits for; the text names the object or the pack
            and says what to change.
    """
    items = list(objects)
    claims = {key_of(item) for item in items if item.get("kind") == "PersistentVolumeClaim"}
    admitted = _admitted_kinds(items)
    if any((key_of(item).group, key_of(item).kind) in admitted for item in items):
        # A kind is served a moment after its CRD was applied, and kubectl refuses what is not.
        # Where some objects of the component's own kinds wait for more than that, all do.
        admitted |= {kind for item in items if (kind := _defined_kind(item))}
    buckets: dict[tuple[Phase, int], list[KubernetesObject]] = {}
    for item in items:
        phase = _phase(item, claims, admitted)
        number = _bucket(key_of(item), _count(component, phase))
        buckets.setdefault((phase, number), []).append(item)
    packs = [
        Pack(
            component=component.name,
            phase=phase,
            number=number,
            objects=sorted(buckets[phase, number], key=_apply_order),
        )
        for phase, number in sorted(
            buckets, key=lambda bucket: (list(Phase).index(bucket[0]), bucket[1])
        )
    ]
    for pack in packs:
        _refuse_too_full(pack)
        if pack.phase is Phase.ADMITTED and not component.ready:
            raise UserError(
                f"{key_of(pack.objects[0])} must be admitted by a webhook of its own component "
                f"{component.name}, but nothing waits for that webhook; name it under `ready` in "
                f"manifests/components/{component.name}/component.yaml"
            )
    return packs


def _phase(
    item: KubernetesObject,
    claims: set[ObjectKey],
    admitted: set[tuple[str, str]],
) -> Phase:
    key = key_of(item)
    if key.kind in _DEFINING_KINDS:
        return Phase.DEFINITIONS
    if key in claims or _mounted(item) & claims or key.kind == "Ingress":
        return Phase.STATEFUL
    if (key.group, key.kind) in admitted:
        return Phase.ADMITTED
    return Phase.WORKLOADS


def _count(component: Component, phase: Phase) -> int:
    match phase:
        case Phase.DEFINITIONS:
            return component.packs.definitions
        case Phase.WORKLOADS:
            return component.packs.workloads
        case Phase.ADMITTED:
            return component.packs.admitted
        case _:
            return 1


def _bucket(key: ObjectKey, count: int) -> int:
    identity = f"{key.kind}/{key.namespace}/{key.name}"
    return int.from_bytes(hashlib.sha256(identity.encode()).digest()[:8]) % count + 1


def _mounted(item: KubernetesObject) -> set[ObjectKey]:
    """The claims that a workload mounts."""
    volumes = (pod_spec(item) or {}).get("volumes")
    claims = (
        volume.get("persistentVolumeClaim")
        for volume in (volumes if isinstance(volumes, list) else [])
        if isinstance(volume, dict)
    )
    namespace = str(metadata(item).get("namespace") or "")
    return {
        ObjectKey("", "PersistentVolumeClaim", namespace, str(claim.get("claimName")))
        for claim in claims
        if isinstance(claim, dict)
    }


def _admitted_kinds(items: list[KubernetesObject]) -> set[tuple[str, str]]:
    """Kinds of the component's own CRDs that its own webhooks must admit."""
    ruled = {
        (group, resource)
        for item in items
        if str(item.get("kind")).endswith("WebhookConfiguration")
        for webhook in dicts(item.get("webhooks"))
        if webhook.get("failurePolicy", "Fail") == "Fail"
        for rule in dicts(webhook.get("rules"))
        for group in _texts(rule.get("apiGroups"))
        for resource in _texts(rule.get("resources"))
    }
    kinds: set[tuple[str, str]] = set()
    for item in items:
        if kind := _defined_kind(item):
            group, plural = kind[0], str(child(item, "spec", "names", "plural"))
            if any(
                (each, resource) in ruled
                for each in (group, "*")
                # As rules of webhooks name them (Kubernetes, API reference, RuleWithOperations).
                for resource in (plural, f"{plural}/*", "*", "*/*")
            ):
                kinds.add(kind)
    return kinds


def _defined_kind(item: KubernetesObject) -> tuple[str, str] | None:
    """Group and kind that a CRD defines; None for anything else."""
    if item.get("kind") != CRD:
        return None
    return str(child(item, "spec", "group")), str(child(item, "spec", "names", "kind"))


def _apply_order(item: KubernetesObject) -> tuple[int, ObjectKey]:
    key = key_of(item)
    if key.kind in _KIND_ORDER:
        return _KIND_ORDER.index(key.kind), key
    return len(_KIND_ORDER) + key.kind.endswith("WebhookConfiguration"), key


def _refuse_too_full(pack: Pack) -> None:
    if pack.escaped_bytes > MAX_PACK_BYTES:
        for item in pack.objects:
            size = len(json.dumps(json.dumps(item, separators=(",", ":"))))
            if size > MAX_PACK_BYTES:
                raise UserError(
                    f"{key_of(item)} of component {pack.component} is too big to apply: "
                    f"{size:,} bytes in the event, at most {MAX_PACK_BYTES:,}; prune it "
                    "(kubeflow_aws/rendering/slimming.py) or drop it in an overlay"
                )
    if pack.escaped_bytes > MAX_PACK_BYTES or pack.answer_bytes > MAX_ANSWER_BYTES:
        raise UserError(
            f"pack {pack} is too full: {pack.escaped_bytes:,} bytes of at most "
            f"{MAX_PACK_BYTES:,}, and kubectl prints {pack.answer_bytes:,} bytes of at most "
            f"{MAX_ANSWER_BYTES:,} for its {len(pack.objects)} objects; raise packs.{pack.phase} "
            f"in manifests/components/{pack.component}/component.yaml"
        )


def _line_of_kubectl(key: ObjectKey) -> str:
    kind = f"{key.kind}.{key.group}" if key.group else key.kind
    # Its end is escaped twice: CDK's handler answers with the bytes as Python shows them.
    return f"{kind.lower()}/{key.name} serverside-applied\\\\n"


def _texts(node: JsonValue) -> list[str]:
    return [child for child in node if isinstance(child, str)] if isinstance(node, list) else []
