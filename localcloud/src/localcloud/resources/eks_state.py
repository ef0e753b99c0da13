"""What EKS keeps about clusters and moto does not: who may enter, add-ons, Pod Identities."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.nodes import Node
from localcloud.kubernetes.trees import Tree
from localcloud.resources.provider import Properties

_ASSUMED_ROLE: Final = re.compile(r"arn:aws:sts::(?P<account>\d+):assumed-role/(?P<role>[^/]+)/.*")
_ROLE: Final = re.compile(r"arn:aws:iam::(?P<account>\d+):role/(?:.*/)?(?P<role>[^/]+)")


class KubernetesApis(Protocol):
    """Starts and stops the Kubernetes APIs of clusters."""

    def start(self, account: str, region: str, name: str, version: str) -> KubernetesApi:
        """Start a cluster's API."""

    def stop(self, account: str, region: str, name: str) -> None:
        """Stop a cluster's API for good; no error if there is none."""

    def define(self, account: str, region: str, name: str, definitions: Sequence[Tree]) -> None:
        """Create CustomResourceDefinitions in a cluster; those that are there stay.

        Raises:
            ResourceError: If the cluster's API refuses one, or does not answer.
        """

    def have_nodes(
        self, account: str, region: str, name: str, group: str, nodes: Sequence[Node]
    ) -> None:
        """Let the nodes of a managed group be these; without a cluster there are none.

        Raises:
            ResourceError: If the cluster's API refuses something, or does not answer.
        """


class ClusterName(NamedTuple):
    """What a cluster is known by."""

    account: str
    region: str
    name: str

    @classmethod
    def from_arn(cls, arn: str) -> ClusterName:
        """The cluster that an ARN names."""
        _, _, _, region, account, path = arn.split(":", 5)
        return cls(account, region, path.removeprefix("cluster/"))


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessEntry:
    """A principal that a cluster knows.

    Attributes:
        policies: ARNs of its access policies.
        groups: Kubernetes groups that it is in.
    """

    policies: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


@dataclass(slots=True)
class ClusterState:
    """What EKS keeps about one cluster.

    Attributes:
        entries: Access entries by the principal's ARN.
        addons: Properties of add-ons by their name.
        pod_identities: Properties of associations by namespace and service account.
    """

    entries: dict[str, AccessEntry] = field(default_factory=dict)
    addons: dict[str, Properties] = field(default_factory=dict)
    pod_identities: dict[str, Properties] = field(default_factory=dict)


class Clusters:
    """The states of all clusters."""

    def __init__(self) -> None:
        self._states: dict[ClusterName, ClusterState] = {}
        self._lock = threading.Lock()

    def state(self, cluster: ClusterName) -> ClusterState:
        """A cluster's state, empty for a cluster that nothing is known of."""
        with self._lock:
            return self._states.setdefault(cluster, ClusterState())

    def forget(self, cluster: ClusterName) -> None:
        """Drop a deleted cluster's state."""
        with self._lock:
            self._states.pop(cluster, None)

    def may_access(self, cluster_arn: str, principal_arn: str) -> bool:
        """Whether a principal has any permission in a cluster, as the authenticator asks.

        Args:
            cluster_arn: Of the cluster.
            principal_arn: As IAM or STS names it; a session counts as its role.
        """
        principal = _comparable(principal_arn)
        cluster = ClusterName.from_arn(cluster_arn)
        return any(
            _comparable(arn) == principal and bool(entry.policies or entry.groups)
            for arn, entry in list(self.state(cluster).entries.items())
        )


def _comparable(principal_arn: str) -> tuple[str, ...]:
    # A session's ARN has the role's name without its path.
    for form in (_ASSUMED_ROLE, _ROLE):
        match = form.fullmatch(principal_arn)
        if match:
            return (match["account"], match["role"])
    return (principal_arn,)
