"""All components that one stack applies, each after those it comes after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from kubeflow_aws.applying.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.applying.lanes import Lanes
from kubeflow_aws.objects.placeholders import Placeholder, Value
from kubeflow_aws.rendering.packs import pack_component
from kubeflow_aws.rendering.platform import fill_components
from kubeflow_aws.rendering.render import Rendered


@dataclass(frozen=True, kw_only=True, slots=True)
class ComponentsProps:
    """Inputs of `Components`.

    Attributes:
        cluster: The cluster to apply to.
        owns_cluster: Whether this application also deletes the cluster.
        rendered: The components, each behind those it comes after.
        values: A value for every placeholder that they use; may be tokens.
        lanes: What they share with all else that the stack applies.
        after: What must exist before the first component is applied.
    """

    cluster: eks.ICluster
    owns_cluster: bool
    rendered: Sequence[Rendered]
    values: Mapping[Placeholder, Value]
    lanes: Lanes
    after: Sequence[IDependable] = field(default=())


class Components(Construct):
    """One nested stack per component; components that do not wait for each other run side by side.

    Raises:
        UserError: A placeholder or a pack is wrong; the text names the culprit.
    """

    applied: dict[str, AppliedComponent]

    def __init__(self, scope: Construct, construct_id: str, *, props: ComponentsProps) -> None:
        super().__init__(scope, construct_id)
        self.applied = {}
        for one in fill_components(props.rendered, props.values):
            component = one.component
            applied = AppliedComponent(
                self,
                "".join(part.capitalize() for part in component.name.split("-")),
                props=AppliedComponentProps(
                    cluster=props.cluster,
                    owns_cluster=props.owns_cluster,
                    packs=pack_component(component, one.objects),
                    gates=component.ready,
                    acknowledged=component.acknowledged,
                ),
            )
            earlier = [self.applied[name] for name in component.after if name in self.applied]
            applied.node.add_dependency(*(earlier or props.after))
            props.lanes.add(applied, applied.work, after=earlier)
            self.applied[component.name] = applied
