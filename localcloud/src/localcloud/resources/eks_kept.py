"""What belongs to EKS clusters and has no API in moto: it is kept in `Clusters`."""

from __future__ import annotations

import uuid
from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import yaml

from localcloud.kubernetes.trees import Tree
from localcloud.resources.eks_cluster import cluster_name
from localcloud.resources.eks_state import (
    AccessEntry,
    Clusters,
    ClusterState,
    KubernetesApis,
)
from localcloud.resources.provider import Properties, Provider, Request, Resource, ResourceError


class KeptInCluster(Provider):
    """A provider of something that a cluster has at most once under a key.

    Args:
        clusters: Where to keep it.

    Attributes:
        what: Its name in messages.
    """

    what: ClassVar[str]

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters

    @abstractmethod
    def kept(self, state: ClusterState) -> dict[str, Any]:
        """Where a cluster keeps things of this kind."""

    @abstractmethod
    def key(self, properties: Properties) -> str:
        """The key in that."""

    @abstractmethod
    def resource(self, request: Request) -> Resource:
        """Its ids."""

    def value(self, properties: Properties) -> Any:
        """What is kept of it."""
        return properties

    def create(self, request: Request) -> Resource:
        """Keep it, if the cluster exists and has none like it."""
        cluster = self._cluster(request)
        self.check(cluster)
        kept, key = self._kept(request), self.key(request.properties)
        if key in kept:
            raise ResourceError(f"{self.what} {key} already exists in cluster {cluster['name']}")
        kept[key] = self.value(request.properties)
        return self.resource(request)

    def check(self, cluster: dict[str, Any]) -> None:
        """Refuse what EKS would refuse; by default nothing.

        Args:
            cluster: As DescribeCluster shows it.
        """

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Keep the new properties: all that matter to the key make a replacement."""
        del old
        self._kept(request)[self.key(request.properties)] = self.value(request.properties)
        return resource

    def delete(self, request: Request, resource: Resource) -> None:
        """Forget it."""
        del resource
        self._kept(request).pop(self.key(request.properties), None)

    def _cluster(self, request: Request) -> dict[str, Any]:
        client, name = request.client("eks"), request.properties["ClusterName"]
        cluster: dict[str, Any] = client.describe_cluster(name=name)["cluster"]
        return cluster

    def _kept(self, request: Request) -> dict[str, Any]:
        name = cluster_name(request, request.properties["ClusterName"])
        return self.kept(self._clusters.state(name))


def _definitions() -> dict[str, list[Tree]]:
    """CRDs of add-ons by the add-on's name."""
    text = Path(__file__).with_name("addon_definitions.yaml").read_text("utf-8")
    definitions: dict[str, list[Tree]] = yaml.safe_load(text)
    return definitions


class AccessEntryProvider(KeptInCluster):
    """``AWS::EKS::AccessEntry``."""

    what = "Access entry"
    applied = frozenset({"AccessPolicies", "ClusterName", "KubernetesGroups", "PrincipalArn"})
    recorded = frozenset({"Tags", "Type", "Username"})

    def check(self, cluster: dict[str, Any]) -> None:
        """Refuse an entry where the cluster knows principals from its ConfigMap only."""
        if cluster.get("accessConfig", {}).get("authenticationMode") == "CONFIG_MAP":
            raise ResourceError(
                "The cluster's authentication mode must be set to one of "
                "[API, API_AND_CONFIG_MAP] to perform this operation."
            )

    def kept(self, state: ClusterState) -> dict[str, Any]:
        """The cluster's access entries."""
        return state.entries

    def key(self, properties: Properties) -> str:
        """The principal."""
        return str(properties["PrincipalArn"])

    def value(self, properties: Properties) -> AccessEntry:
        """What the principal may do."""
        return AccessEntry(
            policies=tuple(p["PolicyArn"] for p in properties.get("AccessPolicies", [])),
            groups=tuple(properties.get("KubernetesGroups", [])),
        )

    def resource(self, request: Request) -> Resource:
        """Principal and cluster, with an ARN like EKS's."""
        principal, cluster = request.properties["PrincipalArn"], request.properties["ClusterName"]
        path = principal.rpartition(":")[2]
        arn = _arn(request, f"access-entry/{cluster}/{request.account}/{path}")
        return Resource(
            physical_id=f"{principal}|{cluster}",
            attributes={"AccessEntryArn": f"{arn}/{uuid.uuid4()}"},
        )


class Addon(KeptInCluster):
    """``AWS::EKS::Addon``: its record and its CRDs; nothing of it runs in the cluster.

    Args:
        clusters: Where to keep it.
        kubernetes: Where its CRDs go; they stay when it goes, as with EKS.
    """

    what = "Addon"
    applied = frozenset({"AddonName", "AddonVersion", "ClusterName", "ConfigurationValues"})
    recorded = frozenset(
        {
            "NamespaceConfig",
            "PodIdentityAssociations",
            "PreserveOnDelete",
            "ResolveConflicts",
            "ServiceAccountRoleArn",
            "Tags",
        }
    )

    def __init__(self, clusters: Clusters, kubernetes: KubernetesApis) -> None:
        super().__init__(clusters)
        self._kubernetes = kubernetes

    def create(self, request: Request) -> Resource:
        """Keep it, and define what it defines."""
        made = super().create(request)
        definitions = _definitions().get(request.properties["AddonName"], [])
        if definitions:
            cluster = cluster_name(request, request.properties["ClusterName"])
            try:
                self._kubernetes.define(*cluster, definitions)
            except ResourceError as error:
                raise ResourceError(str(error), left=made) from error
        return made

    def kept(self, state: ClusterState) -> dict[str, Any]:
        """The cluster's add-ons."""
        return state.addons

    def key(self, properties: Properties) -> str:
        """The add-on's name."""
        return str(properties["AddonName"])

    def resource(self, request: Request) -> Resource:
        """Cluster and name, with an ARN like EKS's."""
        cluster, name = request.properties["ClusterName"], request.properties["AddonName"]
        return Resource(
            physical_id=f"{cluster}|{name}",
            attributes={"Arn": _arn(request, f"addon/{cluster}/{name}/{uuid.uuid4()}")},
        )


class PodIdentityAssociation(KeptInCluster):
    """``AWS::EKS::PodIdentityAssociation``."""

    what = "Pod Identity association for"
    applied = frozenset({"ClusterName", "Namespace", "RoleArn", "ServiceAccount"})
    recorded = frozenset({"DisableSessionTags", "Policy", "Tags", "TargetRoleArn"})

    def kept(self, state: ClusterState) -> dict[str, Any]:
        """The cluster's associations."""
        return state.pod_identities

    def key(self, properties: Properties) -> str:
        """The service account with its namespace."""
        return f"{properties['Namespace']}/{properties['ServiceAccount']}"

    def resource(self, request: Request) -> Resource:
        """An id and an ARN like EKS's."""
        name, cluster = f"a-{uuid.uuid4().hex[:17]}", request.properties["ClusterName"]
        arn = _arn(request, f"podidentityassociation/{cluster}/{name}")
        return Resource(
            physical_id=arn,
            attributes={
                "AssociationArn": arn,
                "AssociationId": name,
                "ExternalId": uuid.uuid4().hex,
            },
        )


def _arn(request: Request, path: str) -> str:
    return f"arn:aws:eks:{request.region}:{request.account}:{path}"
