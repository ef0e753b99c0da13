"""Fields of built-in objects that cannot change once they are set."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes.trees import value_at_path

# Without those that Kubernetes fills in: this API does not, and would take that for a change.
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "DaemonSet": ("spec.selector",),
    "Deployment": ("spec.selector",),
    "Job": ("spec.selector", "spec.template"),
    "ReplicaSet": ("spec.selector",),
    "ClusterRoleBinding": ("roleRef",),
    "RoleBinding": ("roleRef",),
    "Secret": ("type",),
    "StatefulSet": ("spec.selector", "spec.serviceName"),
    "StorageClass": ("parameters", "provisioner"),
}


def changed_immutable_fields(live: Mapping[str, Any], item: Mapping[str, Any]) -> list[str]:
    """The problems of an update, worded as Kubernetes words them."""
    problems = [
        f"{path}: Invalid value: {json.dumps(value_at_path(item, path))[:80]}: field is immutable"
        for path in _FIELDS.get(str(live["kind"]), ())
        if value_at_path(live, path) != value_at_path(item, path)
    ]
    if live["kind"] in {"ConfigMap", "Secret"} and live.get("immutable"):
        problems += [
            f"{path}: Forbidden: field is immutable when `immutable` is set"
            for path in ("immutable", "data", "binaryData")
            if live.get(path) != item.get(path)
        ]
    return problems
