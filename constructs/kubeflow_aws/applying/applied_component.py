"""A component of the platform in a nested stack: its packs, their order, its readiness gates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.applying.lanes import Work
from kubeflow_aws.applying.limits import IN_ONE
from kubeflow_aws.checks.acknowledge import acknowledge_object
from kubeflow_aws.rendering.component import Acknowledged, Gate
from kubeflow_aws.rendering.packs import ORDER, Pack, Phase

GATE_TIMEOUT = cdk.Duration.minutes(12)
"""The kubectl handler itself ends after 15 minutes (aws_eks_v2 KubectlProvider)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedComponentProps:
    """Inputs of `AppliedComponent`.

    Attributes:
        cluster: The cluster to apply to.
        owns_cluster: Whether this application also deletes the cluster. If so, custom objects
            are left to die with it, so that no finalizer can hold up the removal.
        packs: What to apply.
        gates: Objects that must be ready before the component counts as applied.
        acknowledged: Findings in its objects that are right as they are.
    """

    cluster: eks.ICluster
    owns_cluster: bool
    packs: Sequence[Pack]
    gates: Sequence[Gate] = ()
    acknowledged: Sequence[Acknowledged] = ()


class AppliedComponent(cdk.NestedStack):
    """Applies one component, phase after phase.

    Other components wait for this one by depending on the nested stack. It applies server-side
    and with force (see `kubeflow_aws.cluster.kubectl`), so a repeated apply does no harm. It
    never prunes: kubectl's default prune list includes Namespace.

    Attributes:
        manifests: The packs by phase.
        work: How many custom resources are in flight, and for how long.
    """

    manifests: dict[Phase, list[eks.KubernetesManifest]]
    work: Work

    def __init__(
        self, scope: Construct, construct_id: str, *, props: AppliedComponentProps
    ) -> None:
        super().__init__(scope, construct_id)
        self.manifests = {}
        for pack in props.packs:
            self.manifests.setdefault(pack.phase, []).append(self._apply(pack, props))
        gates = [self._wait_for(gate, props.cluster) for gate in props.gates]
        *earlier, last = [
            [manifest for phase in phases for manifest in self.manifests.get(phase, ())]
            for phases in ORDER
        ]
        # What a component's own webhook admits waits until that is ready.
        self.work = _one_after_another([*earlier, gates, last])
        for each in props.acknowledged:
            acknowledge_object(self, finding=each.finding, reason=each.reason)

    def _apply(self, pack: Pack, props: AppliedComponentProps) -> eks.KubernetesManifest:
        manifest = eks.KubernetesManifest(
            self,
            f"{pack.phase.capitalize()}{pack.number}",
            cluster=props.cluster,
            manifest=[],
            overwrite=True,
            prune=False,
            removal_policy=_removal_policy(pack.phase, owns_cluster=props.owns_cluster),
        )
        # As text: given as objects, each of a CRD's thousands of nodes would cross to jsii and be
        # searched for tokens. Tokens inside text are resolved all the same.
        resource = cast("cdk.CfnResource", manifest.node.default_child)
        resource.add_property_override("Manifest", pack.text)
        return manifest

    def _wait_for(self, gate: Gate, cluster: eks.ICluster) -> Construct:
        return eks.KubernetesObjectValue(
            self,
            f"Ready{gate.kind}{_pascal_case(gate.name)}",
            cluster=cluster,
            object_type=gate.kind.lower(),
            object_name=gate.name,
            object_namespace=gate.namespace,
            json_path=gate.ready_path,
            timeout=GATE_TIMEOUT,
        )


def _one_after_another(steps: Sequence[Sequence[Construct]]) -> Work:
    """Let each step wait for the one before, and what is beside one another go two and two."""
    present = [step for step in steps if step]
    for before, after in pairwise(present):
        for each in after:
            each.node.add_dependency(*before)
    for step in present:
        for first, second in zip(step, step[IN_ONE:], strict=False):
            second.node.add_dependency(first)
    return Work(
        width=max((min(len(step), IN_ONE) for step in present), default=0),
        steps=sum(math.ceil(len(step) / IN_ONE) for step in present),
    )


def _removal_policy(phase: Phase, *, owns_cluster: bool) -> cdk.RemovalPolicy:
    match phase:
        case Phase.DEFINITIONS:
            # Deleting a CRD or a namespace deletes everything in it, users' work included.
            return cdk.RemovalPolicy.RETAIN
        case Phase.ADMITTED if owns_cluster:
            # Its controller may hold such an object by a finalizer for as long as users' objects
            # refer to it, and kubectl would wait.
            return cdk.RemovalPolicy.RETAIN
        case _:
            return cdk.RemovalPolicy.DESTROY


def _pascal_case(name: str) -> str:
    return "".join(part.capitalize() for part in name.replace(".", "-").split("-"))
