"""Labels and taints of nodes, by which pods choose where they run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from kubeflow_aws.objects.kubernetes_object import JsonValue

NODE_GROUP_LABEL: Final = "kubeflow-aws/node-group"
"""On every node; its value is `system` or the name of a node pool."""

SYSTEM: Final = "system"
"""Its value on the nodes of the platform itself."""

SYSTEM_TAINT: Final = "CriticalAddonsOnly"
"""Key of the taint on the nodes of the platform itself, which keeps users' pods off.

Add-ons know it: Karpenter and the controllers of the EBS, EFS and FSx drivers tolerate it by
default (the `values.yaml` of their charts)."""

TOLERATES_SYSTEM_TAINT: Final[dict[str, JsonValue]] = {"key": SYSTEM_TAINT, "operator": "Exists"}
"""The toleration of what may run there."""
