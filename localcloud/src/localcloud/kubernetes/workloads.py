"""The status that Kubernetes' controllers give to workloads and claims that all went well with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from localcloud.kubernetes.client import Client, attempt, path_of
from localcloud.kubernetes.objects import timestamp
from localcloud.kubernetes.trees import Tree

_Status: TypeAlias = Callable[[Mapping[str, Any]], Tree | None]
"""From an object to the status that it should have; None if no controller would touch it."""


def _deployment(item: Mapping[str, Any]) -> Tree:
    """All replicas are there and available."""
    count = _replicas(item)
    return {
        **_observed(item, count),
        "availableReplicas": count,
        "updatedReplicas": count,
        "conditions": [
            {**_condition("Available", "MinimumReplicasAvailable"), "lastUpdateTime": timestamp()},
            {**_condition("Progressing", "NewReplicaSetAvailable"), "lastUpdateTime": timestamp()},
        ],
    }


def _replica_set(item: Mapping[str, Any]) -> Tree:
    """All replicas are there and available; of a ReplicationController, too."""
    count = _replicas(item)
    return {**_observed(item, count), "availableReplicas": count, "fullyLabeledReplicas": count}


def _stateful_set(item: Mapping[str, Any]) -> Tree:
    """All replicas are there, available, and of the current revision."""
    count = _replicas(item)
    return {
        **_observed(item, count),
        "availableReplicas": count,
        "currentReplicas": count,
        "updatedReplicas": count,
    }


def _daemon_set(item: Mapping[str, Any]) -> Tree:
    """It runs on one node: as nothing is placed here, nobody says on which it would."""
    return {
        "observedGeneration": item["metadata"]["generation"],
        "currentNumberScheduled": 1,
        "desiredNumberScheduled": 1,
        "numberAvailable": 1,
        "numberMisscheduled": 0,
        "numberReady": 1,
        "updatedNumberScheduled": 1,
    }


def _job(item: Mapping[str, Any]) -> Tree | None:
    """It has completed, unless it is suspended."""
    if item["spec"].get("suspend"):
        return None
    now = timestamp()
    conditions = [
        {**_condition(kind, "CompletionsReached"), "lastProbeTime": now}
        for kind in ("SuccessCriteriaMet", "Complete")
    ]
    return {
        "startTime": now,
        "completionTime": now,
        "succeeded": item["spec"].get("completions", 1),
        "conditions": conditions,
    }


def _claim(item: Mapping[str, Any]) -> Tree:
    """A volume of the size that it asks for is bound to it."""
    spec = item["spec"]
    requests = (spec.get("resources") or {}).get("requests") or {}
    return {
        "phase": "Bound",
        "accessModes": spec.get("accessModes", []),
        "capacity": {"storage": requests.get("storage", "0")},
    }


_STATUSES: Final[Mapping[str, _Status]] = {
    "/apis/apps/v1/deployments": _deployment,
    "/apis/apps/v1/replicasets": _replica_set,
    "/apis/apps/v1/statefulsets": _stateful_set,
    "/apis/apps/v1/daemonsets": _daemon_set,
    "/apis/batch/v1/jobs": _job,
    "/api/v1/persistentvolumeclaims": _claim,
}
"""What makes the status, by the collection."""

WATCHED: Final = frozenset(_STATUSES)
"""Whose changes matter here."""


class Workloads:
    """Everything that should run does so at once, and Jobs complete; there is no pod.

    Args:
        client: Of the API.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def reconcile(self) -> None:
        """Look at all workloads and claims.

        Raises:
            ClientError: If the API does not answer.
        """
        for path, status in _STATUSES.items():
            for item in self._client.items(path):
                wanted = status(item)
                if wanted and not _says(item.get("status") or {}, wanted):
                    patch = {"status": wanted}
                    attempt(self._client.merge, f"{path_of(path, item)}/status", patch)


def _says(status: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether a status has all that is wanted; times do not count."""
    for key, value in wanted.items():
        found = status.get(key)
        if key == "conditions":
            known = {(condition["type"], condition["status"]) for condition in found or []}
            if not {(condition["type"], condition["status"]) for condition in value} <= known:
                return False
        elif key.endswith("Time"):
            if not found:
                return False
        # What is 0 is not written out.
        elif found != value and (found or value):
            return False
    return True


def _replicas(item: Mapping[str, Any]) -> int:
    return int(item["spec"].get("replicas", 1))


def _observed(item: Mapping[str, Any], count: int) -> Tree:
    return {
        "observedGeneration": item["metadata"]["generation"],
        "readyReplicas": count,
        "replicas": count,
    }


def _condition(kind: str, reason: str) -> Tree:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": "",
        "lastTransitionTime": timestamp(),
    }
