"""What an API server says about a CRD that it serves."""

from __future__ import annotations

from typing import Any, Final

from localcloud.kubernetes.managers import timestamp
from localcloud.kubernetes.trees import Tree

CLEANUP_FINALIZER: Final = "customresourcecleanup.apiextensions.k8s.io"


def established(crd: Tree) -> Tree:
    """The CRD with the status of one that is served."""
    known = {
        condition["type"]: condition for condition in crd.get("status", {}).get("conditions", ())
    }
    conditions = [
        _condition("NamesAccepted", "NoConflicts", "no conflicts found"),
        _condition("Established", "InitialNamesAccepted", "the initial names have been accepted"),
    ]
    stored = [version["name"] for version in crd["spec"]["versions"] if version.get("storage")]
    before = crd.get("status", {}).get("storedVersions") or []
    return {
        **crd,
        "status": {
            "acceptedNames": crd["spec"]["names"],
            "conditions": [known.get(entry["type"], entry) for entry in conditions],
            "storedVersions": [*before, *(name for name in stored if name not in before)],
        },
    }


def _condition(kind: str, reason: str, message: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": message,
        "lastTransitionTime": timestamp(),
    }
