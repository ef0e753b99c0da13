"""Managed node groups. No node starts: the group is EKS's record of one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from localcloud.resources.arguments import arguments, conform
from localcloud.resources.eks_cluster import cluster_name, moto_cluster
from localcloud.resources.provider import Properties, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tags_of

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
    """``AWS::EKS::Nodegroup``."""

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

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the group."""
        with missing_is_fine():
            request.client("eks").delete_nodegroup(
                clusterName=request.properties["ClusterName"],
                nodegroupName=resource.attributes["NodegroupName"],
            )
