"""Labels of nodes, by which pods choose where they run."""

from __future__ import annotations

from typing import Final

NODE_GROUP_LABEL: Final = "kubeflow-aws/node-group"
"""On every node; its value is `system` or the name of a node pool."""

SYSTEM: Final = "system"
"""Its value on the nodes of the platform itself."""
