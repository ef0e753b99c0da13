"""Packs that are no component's, applied in their turn."""

from __future__ import annotations

from collections.abc import Sequence

from constructs import Construct, IDependable

from kubeflow_aws.applying.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.applying.lanes import Lanes


def apply_in_lane(
    scope: Construct,
    construct_id: str,
    *,
    props: AppliedComponentProps,
    after: Sequence[IDependable],
    lanes: Lanes,
) -> AppliedComponent:
    """Apply packs after others, and count them among what is in flight.

    Args:
        scope: The stack that applies them.
        construct_id: Their id in it.
        props: The packs and the cluster.
        after: What must be applied before.
        lanes: Those of the stack.
    """
    applied = AppliedComponent(scope, construct_id, props=props)
    applied.node.add_dependency(*after)
    lanes.add(applied, applied.work, after=after)
    return applied
