"""Managed node groups: EKS's record of one, and nodes in the cluster; no instance starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from moto.ec2.models.instance_types import INSTANCE_TYPES

from localcloud.kubernetes.allocatable import allocatable
from localcloud.kubernetes.nodes import NODE_GROUP, Node, Taint
from localcloud.resources.arguments import arguments, conform
from localcloud.resources.eks_cluster import cluster_name, moto_cluster
from localcloud.resources.eks_state import KubernetesApis
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tags_of

_UNLISTED_LIKE: Final = "m7i.xlarge"
"""The size of an instance type that moto does not know: the template does not say it."""

_CONFIGURATION: Final = ("NodeRepairConfig", "ScalingConfig", "UpdateConfig")
_VERSION: Final[Mapping[str, str]] = {
    "LaunchTemplate": "launch_template",
    "ReleaseVersion": "release_version",
    "Version": "version",
}


def _configure(request: Request, resource: Resource, old: Properties) -> None:
    client, properties = request.client("eks"), request.properties
    labels, labels_before = properties.get("Labels", {}), old.get("Labels", {})
    taints, taints_before = _taints(client, properties), _taints(client, old)
    kept = {(taint["key"], taint["effect"]) for taint in taints}
    client.update_nodegroup_config(
        clusterName=properties["ClusterName"],
        nodegroupName=resource.attributes["NodegroupName"],
        labels={
            "addOrUpdateLabels": {name: str(value) for name, value in labels.items()},
            "removeLabels": [name for name in labels_before if name not in labels],
        },
        taints={
            "addOrUpdateTaints": taints,
            "removeTaints": [t for t in taints_before if (t["key"], t["effect"]) not in kept],
        },
        **arguments(client, "UpdateNodegroupConfig", properties, _CONFIGURATION),
    )


def _taints(client: Any, properties: Properties) -> list[dict[str, str]]:
    given: dict[str, Any] = arguments(client, "CreateNodegroup", properties, ["Taints"])
    taints: list[dict[str, str]] = given.get("taints", [])
    return taints


def _roll(request: Request, resource: Resource, old: Properties) -> None:
    # moto has no UpdateNodegroupVersion.
    del old
    members = request.client("eks").meta.service_model.shape_for("Nodegroup").members
    cluster = moto_cluster(cluster_name(request, request.properties["ClusterName"]))
    group = cluster.nodegroups[resource.attributes["NodegroupName"]]
    for name, attribute in _VERSION.items():
        if name in request.properties:
            shape = members[f"{name[:1].lower()}{name[1:]}"]
            setattr(group, attribute, conform(shape, request.properties[name]))


class Nodegroup(SettingsProvider):
    """``AWS::EKS::Nodegroup``.

    Args:
        kubernetes: Where its nodes go.
    """

    at_creation = frozenset(
        {
            "AmiType",
            "CapacityType",
            "ClusterName",
            "DiskSize",
            "InstanceTypes",
            "Labels",
            "LaunchTemplate",
            "NodeRole",
            "NodegroupName",
            "ReleaseVersion",
            "RemoteAccess",
            "ScalingConfig",
            "Subnets",
            "Tags",
            "Taints",
            "Version",
        }
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys((*_CONFIGURATION, "Labels", "Taints"), _configure),
        **dict.fromkeys(_VERSION, _roll),
        "Tags": retagging(
            lambda request, group, tags: request.client("eks").tag_resource(
                resourceArn=group.attributes["Arn"], tags=tags
            ),
            lambda request, group, keys: request.client("eks").untag_resource(
                resourceArn=group.attributes["Arn"], tagKeys=keys
            ),
        ),
    }
    recorded = frozenset({"ForceUpdateEnabled"})

    def __init__(self, kubernetes: KubernetesApis) -> None:
        self._kubernetes = kubernetes

    def make(self, request: Request) -> Resource:
        """Create the group."""
        client, cluster = request.client("eks"), request.properties["ClusterName"]
        version = client.describe_cluster(name=cluster)["cluster"]["version"]
        group = client.create_nodegroup(
            **{
                "nodegroupName": request.generated_name(63),
                "version": version,
                **arguments(
                    client, "CreateNodegroup", request.properties, self.at_creation - {"Tags"}
                ),
                "tags": tags_of(request),
            }
        )["nodegroup"]
        name = f"{cluster}/{group['nodegroupName']}"
        return Resource(
            physical_id=name,
            attributes={
                "Arn": group["nodegroupArn"],
                "ClusterName": cluster,
                "Id": name,
                "NodegroupName": group["nodegroupName"],
            },
        )

    def refreshed(self, request: Request, resource: Resource) -> Resource:
        """The group, once its nodes are those of its record."""
        cluster = cluster_name(request, request.properties["ClusterName"])
        group = request.client("eks").describe_nodegroup(
            clusterName=cluster.name, nodegroupName=resource.attributes["NodegroupName"]
        )["nodegroup"]
        subnets = request.client("ec2").describe_subnets(SubnetIds=group["subnets"])["Subnets"]
        zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
        self._kubernetes.have_nodes(*cluster, group["nodegroupName"], _nodes(group, zones))
        return resource

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group, and its nodes."""
        cluster = cluster_name(request, request.properties["ClusterName"])
        self._kubernetes.have_nodes(*cluster, resource.attributes["NodegroupName"], [])
        with missing_is_fine():
            request.client("eks").delete_nodegroup(
                clusterName=request.properties["ClusterName"],
                nodegroupName=resource.attributes["NodegroupName"],
            )


def _nodes(group: Mapping[str, Any], zones: Sequence[str]) -> list[Node]:
    """The nodes of a group: the first of its instance types, in one zone after another."""
    instance_type = group["instanceTypes"][0]
    room = allocatable(INSTANCE_TYPES.get(instance_type) or INSTANCE_TYPES[_UNLISTED_LIKE])
    taints = [
        Taint(
            key=taint["key"],
            value=taint.get("value", ""),
            # NO_SCHEDULE is NoSchedule.
            effect=taint["effect"].title().replace("_", ""),
        )
        for taint in group.get("taints") or ()
    ]
    return [
        Node(
            name=f"{group['nodegroupName'].lower()}-{number}",
            instance_type=instance_type,
            zone=zones[number % len(zones)],
            labels={NODE_GROUP: group["nodegroupName"], **(group.get("labels") or {})},
            taints=taints,
            allocatable=room,
        )
        for number in range(group["scalingConfig"]["desiredSize"])
    ]
