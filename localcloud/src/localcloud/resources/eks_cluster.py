"""EKS clusters: moto's record of one, and a Kubernetes API that answers."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from botocore.exceptions import BotoCoreError, ClientError
from moto.eks.models import eks_backends

from localcloud.resources.arguments import arguments, boolean, conform
from localcloud.resources.eks_state import AccessEntry, ClusterName, Clusters, KubernetesApis
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import (
    Setting,
    SettingsProvider,
    is_changed,
    missing_is_fine,
)
from localcloud.resources.tags import retagging, tag_list, tags_of

DEFAULT_VERSION: Final = "1.35"
_ADMIN: Final = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"
# What DescribeCluster shows although moto's CreateCluster does not take it.
_SHOWN: Final[Mapping[str, str]] = {
    "AccessConfig": "access_config",
    "ComputeConfig": "compute_config",
    "ControlPlaneScalingConfig": "control_plane_scaling_config",
    "DeletionProtection": "deletion_protection",
    "StorageConfig": "storage_config",
    "UpgradePolicy": "upgrade_policy",
    "ZonalShiftConfig": "zonal_shift_config",
}


def moto_cluster(cluster: ClusterName) -> Any:
    """The object of moto for a cluster: its API cannot change all that EKS changes."""
    return eks_backends[cluster.account][cluster.region].clusters[cluster.name]


def cluster_name(request: Request, name: str) -> ClusterName:
    """A cluster in the request's account and region."""
    return ClusterName(request.account, request.region, name)


def _show(request: Request, resource: Resource, old: Properties) -> None:
    client = request.client("eks")
    members = client.meta.service_model.shape_for("Cluster").members
    cluster = moto_cluster(cluster_name(request, resource.physical_id))
    for name, attribute in _SHOWN.items():
        if is_changed(request, old, name):
            shape = members[f"{name[:1].lower()}{name[1:]}"]
            given = request.properties.get(name)
            setattr(cluster, attribute, None if given is None else conform(shape, given))


def _upgrade(request: Request, resource: Resource, old: Properties) -> None:
    del old
    cluster = moto_cluster(cluster_name(request, resource.physical_id))
    wanted = str(request.properties.get("Version", cluster.version))
    before, after = (int(version.split(".")[1]) for version in (cluster.version, wanted))
    # No way back, as in EKS: a rollback over a version fails there, too.
    if not before <= after <= before + 1:
        raise ResourceError(
            f"Unsupported Kubernetes minor version update from {cluster.version} to {wanted}"
        )
    cluster.version = wanted


def _put_logging(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("eks").update_cluster_config(
        name=resource.physical_id, logging=_logging(request.properties)
    )


def _logging(properties: Properties) -> dict[str, Any]:
    enabled = properties.get("Logging", {}).get("ClusterLogging", {}).get("EnabledTypes", [])
    types = [item["Type"] for item in enabled]
    return {"clusterLogging": [{"types": types, "enabled": bool(types)}]}


def _put_network(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("eks")
    given = arguments(client, "UpdateClusterConfig", request.properties, ["ResourcesVpcConfig"])[
        "resourcesVpcConfig"
    ]
    # moto replaces the whole record, with what EKS itself wrote into it.
    cluster = moto_cluster(cluster_name(request, resource.physical_id))
    own = {key: cluster.resources_vpc_config[key] for key in ("vpcId", "clusterSecurityGroupId")}
    client.update_cluster_config(name=resource.physical_id, resourcesVpcConfig={**given})
    cluster.resources_vpc_config = {**given, **own}


class Cluster(SettingsProvider):
    """``AWS::EKS::Cluster``.

    Args:
        kubernetes: Starts its Kubernetes API.
        clusters: Keeps what moto does not.
    """

    at_creation = frozenset(
        {
            "EncryptionConfig",
            "KubernetesNetworkConfig",
            "Logging",
            "Name",
            "RemoteNetworkConfig",
            "ResourcesVpcConfig",
            "RoleArn",
            "Tags",
            "Version",
        }
    )
    settings: ClassVar[Mapping[str, Setting]] = {
        **dict.fromkeys(_SHOWN, _show),
        "Logging": _put_logging,
        "ResourcesVpcConfig": _put_network,
        "Version": _upgrade,
        "Tags": retagging(
            lambda request, cluster, tags: request.client("eks").tag_resource(
                resourceArn=cluster.attributes["Arn"], tags=tags
            ),
            lambda request, cluster, keys: request.client("eks").untag_resource(
                resourceArn=cluster.attributes["Arn"], tagKeys=keys
            ),
        ),
    }
    recorded = frozenset({"BootstrapSelfManagedAddons", "Force"})

    def __init__(self, kubernetes: KubernetesApis, clusters: Clusters) -> None:
        self._kubernetes = kubernetes
        self._clusters = clusters

    def make(self, request: Request) -> Resource:
        """Create the cluster and start its Kubernetes API."""
        client = request.client("eks")
        given = {
            "name": request.generated_name(100),
            "version": DEFAULT_VERSION,
            **arguments(
                client, "CreateCluster", request.properties, self.at_creation - {"Logging", "Tags"}
            ),
            "logging": _logging(request.properties),
            "tags": tags_of(request),
        }
        vpc = _vpc_of(request, given["resourcesVpcConfig"]["subnetIds"])
        client.create_cluster(**given)
        name = cluster_name(request, given["name"])
        try:
            self._complete(request, name, vpc)
        except (BotoCoreError, ClientError, OSError, ResourceError, RuntimeError) as error:
            raise ResourceError(str(error), left=Resource(physical_id=name.name)) from error
        return Resource(physical_id=name.name, attributes=self._attributes(request, name))

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the cluster, unless it is protected or has node groups."""
        if boolean(request.properties.get("DeletionProtection", False)):
            raise ResourceError(
                f"Cluster deletion protection is enabled on cluster {resource.physical_id}. "
                "Disable deletion protection before deleting the cluster."
            )
        name = cluster_name(request, resource.physical_id)
        with missing_is_fine():
            request.client("eks").delete_cluster(name=name.name)
        self._kubernetes.stop(*name)
        self._clusters.forget(name)
        group = resource.attributes.get("ClusterSecurityGroupId")
        if group:
            with missing_is_fine():
                request.client("ec2").delete_security_group(GroupId=group)

    def _complete(self, request: Request, name: ClusterName, vpc: str) -> None:
        self._admit_creator(request, name)
        cluster = moto_cluster(name)
        cluster.resources_vpc_config = {
            **cluster.resources_vpc_config,
            "vpcId": vpc,
            "clusterSecurityGroupId": _make_security_group(request, name.name, vpc),
        }
        # moto has the same issuer for all clusters, but IAM takes an issuer once.
        issuer = f"https://oidc.eks.{request.region}.amazonaws.com/id/{uuid.uuid4().hex.upper()}"
        cluster.identity = {"oidc": {"issuer": issuer}}
        api = self._kubernetes.start(*name, version=cluster.version)
        authority = base64.b64encode(api.ca_certificate.encode()).decode()
        cluster.endpoint, cluster.certificate_authority = api.url, {"data": authority}

    def _admit_creator(self, request: Request, name: ClusterName) -> None:
        access = request.properties.get("AccessConfig", {})
        if boolean(access.get("BootstrapClusterCreatorAdminPermissions", True)):
            creator = request.client("sts").get_caller_identity()["Arn"]
            self._clusters.state(name).entries[creator] = AccessEntry(policies=(_ADMIN,))

    def _attributes(self, request: Request, name: ClusterName) -> dict[str, Any]:
        cluster = request.client("eks").describe_cluster(name=name.name)["cluster"]
        keys = [item["provider"]["keyArn"] for item in cluster.get("encryptionConfig", [])]
        return {
            "Arn": cluster["arn"],
            "CertificateAuthorityData": cluster["certificateAuthority"]["data"],
            "ClusterSecurityGroupId": cluster["resourcesVpcConfig"]["clusterSecurityGroupId"],
            "EncryptionConfigKeyArn": "".join(keys),
            "Endpoint": cluster["endpoint"],
            "Id": name.name,
            "OpenIdConnectIssuerUrl": cluster["identity"]["oidc"]["issuer"],
        }


def _vpc_of(request: Request, subnets: list[str]) -> str:
    found = request.client("ec2").describe_subnets(SubnetIds=subnets)["Subnets"]
    zones = {subnet["AvailabilityZone"] for subnet in found}
    if len(zones) < 2:
        raise ResourceError("Subnets specified must be in at least two different AZs")
    return str(found[0]["VpcId"])


def _make_security_group(request: Request, cluster: str, vpc: str) -> str:
    client = request.client("ec2")
    group = str(
        client.create_security_group(
            GroupName=f"eks-cluster-sg-{cluster}-{uuid.uuid4().int % 10**10}",
            Description="EKS created security group applied to ENI that is attached to EKS "
            "Control Plane master nodes, as well as any managed workloads.",
            VpcId=vpc,
        )["GroupId"]
    )
    client.create_tags(
        Resources=[group], Tags=tag_list({f"kubernetes.io/cluster/{cluster}": "owned"})
    )
    client.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}],
    )
    return group
