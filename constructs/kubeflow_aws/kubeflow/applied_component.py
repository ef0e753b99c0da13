"""A component of the platform in a nested stack: its packs, their order, its readiness gates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from kubeflow_aws.checks.acknowledge import acknowledge_object
from kubeflow_aws.manifests.component import Acknowledged, Gate
from kubeflow_aws.manifests.packs import WAITS_FOR, Pack, Phase

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
    """

    manifests: dict[Phase, list[eks.KubernetesManifest]]

    def __init__(
        self, scope: Construct, construct_id: str, *, props: AppliedComponentProps
    ) -> None:
        super().__init__(scope, construct_id)
        self.manifests = {}
        for pack in props.packs:
            self.manifests.setdefault(pack.phase, []).append(self._apply(pack, props))
        for phase, manifests in self.manifests.items():
            for earlier in WAITS_FOR[phase]:
                for manifest in manifests:
                    manifest.node.add_dependency(*self.manifests.get(earlier, ()))
        gates = [self._wait_for(gate, props.cluster) for gate in props.gates]
        for manifest in self.manifests.get(Phase.ADMITTED, ()):
            manifest.node.add_dependency(*gates)
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

    def _wait_for(self, gate: Gate, cluster: eks.ICluster) -> IDependable:
        value = eks.KubernetesObjectValue(
            self,
            f"Ready{gate.kind}{_pascal_case(gate.name)}",
            cluster=cluster,
            object_type=gate.kind.lower(),
            object_name=gate.name,
            object_namespace=gate.namespace,
            json_path=gate.ready_path,
            timeout=GATE_TIMEOUT,
        )
        value.node.add_dependency(*self.manifests.get(Phase.WORKLOADS, ()))
        return value


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
