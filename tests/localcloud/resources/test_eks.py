"""Clusters have a Kubernetes API, and people who may use it."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.eks_state import AccessEntry, ClusterName
from localcloud.resources.provider import Resource, ResourceError
from tests.localcloud.resources.stack import ACCOUNT, REGION, Stack

CLUSTER = "AWS::EKS::Cluster"
NODE_GROUP = "AWS::EKS::Nodegroup"
ENTRY = "AWS::EKS::AccessEntry"
ADDON = "AWS::EKS::Addon"
IDENTITY = "AWS::EKS::PodIdentityAssociation"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/eks"
HANDLER = f"arn:aws:iam::{ACCOUNT}:role/service-role/handler"
ADMIN = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


@pytest.fixture
def subnets(stack: Stack) -> list[str]:
    vpc = stack.create("AWS::EC2::VPC", CidrBlock="10.0.0.0/16").physical_id
    return stack.subnets(vpc)


@pytest.fixture
def fixed(subnets: list[str], request: pytest.FixtureRequest) -> dict[str, Any]:
    return {
        "Name": request.node.name[:90].replace("[", "-").replace("]", ""),
        "RoleArn": ROLE,
        "Version": "1.34",
        "ResourcesVpcConfig": {"SubnetIds": subnets, "EndpointPublicAccess": "false"},
        "AccessConfig": {
            "AuthenticationMode": "API",
            "BootstrapClusterCreatorAdminPermissions": False,
        },
    }


@pytest.fixture
def cluster(stack: Stack, fixed: dict[str, Any]) -> Resource:
    return stack.create(CLUSTER, **fixed)


def shown(stack: Stack, cluster: Resource) -> dict[str, Any]:
    answer = stack.client("eks").describe_cluster(name=cluster.physical_id)
    return dict(answer["cluster"])


def test_a_cluster_shows_the_kubernetes_api_that_was_started(
    stack: Stack, fixed: dict[str, Any], cluster: Resource
) -> None:
    assert stack.apis.running == {(ACCOUNT, REGION, fixed["Name"]): "1.34"}
    about = shown(stack, cluster)
    assert about["endpoint"] == "https://127.0.0.1:6443"
    assert about["certificateAuthority"]["data"] == cluster.attributes["CertificateAuthorityData"]
    assert about["accessConfig"]["authenticationMode"] == "API"
    assert about["resourcesVpcConfig"]["endpointPublicAccess"] is False
    assert about["identity"]["oidc"]["issuer"] == cluster.attributes["OpenIdConnectIssuerUrl"]


def test_a_cluster_has_a_security_group_that_goes_with_it(
    stack: Stack, fixed: dict[str, Any], cluster: Resource
) -> None:
    group = cluster.attributes["ClusterSecurityGroupId"]
    client = stack.client("ec2")
    found = client.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert found["VpcId"] == shown(stack, cluster)["resourcesVpcConfig"]["vpcId"]
    assert found["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group
    stack.delete(CLUSTER, cluster, **fixed)
    stack.delete(CLUSTER, cluster, **fixed)
    assert stack.apis.running == {}
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        client.describe_security_groups(GroupIds=[group])
    with pytest.raises(ClientError, match="ResourceNotFound"):
        shown(stack, cluster)


def test_issuers_differ_between_clusters(stack: Stack, fixed: dict[str, Any]) -> None:
    made = [stack.create(CLUSTER, **{**fixed, "Name": name}) for name in ("one", "two")]
    assert len({cluster.attributes["OpenIdConnectIssuerUrl"] for cluster in made}) == 2


def test_subnets_of_one_zone_are_refused(stack: Stack, fixed: dict[str, Any]) -> None:
    fixed["ResourcesVpcConfig"] = {"SubnetIds": fixed["ResourcesVpcConfig"]["SubnetIds"][:1]}
    with pytest.raises(ResourceError, match="at least two different AZs"):
        stack.create(CLUSTER, **fixed)


def test_a_cluster_is_upgraded_and_configured(
    stack: Stack, fixed: dict[str, Any], cluster: Resource
) -> None:
    network = {**fixed["ResourcesVpcConfig"], "EndpointPrivateAccess": True}
    kinds = {"ClusterLogging": {"EnabledTypes": [{"Type": "audit"}]}}
    changes = {"Version": "1.35", "ResourcesVpcConfig": network, "Logging": kinds}
    stack.update(
        CLUSTER,
        cluster,
        fixed,
        **{**fixed, **changes, "Tags": [{"Key": "a", "Value": "b"}]},
        DeletionProtection="true",
    )
    about = shown(stack, cluster)
    assert about["version"] == "1.35"
    assert about["logging"]["clusterLogging"] == [{"types": ["audit"], "enabled": True}]
    assert about["resourcesVpcConfig"]["endpointPrivateAccess"] is True
    assert about["resourcesVpcConfig"]["clusterSecurityGroupId"].startswith("sg-")
    assert about["tags"] == {"a": "b"}
    assert about["deletionProtection"] is True


@pytest.mark.parametrize("version", ["1.33", "1.36"])
def test_an_upgrade_back_or_over_two_versions_is_refused(
    stack: Stack, fixed: dict[str, Any], cluster: Resource, version: str
) -> None:
    with pytest.raises(ResourceError, match=f"minor version update from 1.34 to {version}"):
        stack.update(CLUSTER, cluster, fixed, **{**fixed, "Version": version})


def test_a_protected_cluster_is_not_deleted(
    stack: Stack, fixed: dict[str, Any], cluster: Resource
) -> None:
    with pytest.raises(ResourceError, match="deletion protection is enabled"):
        stack.delete(CLUSTER, cluster, **fixed, DeletionProtection=True)
    assert shown(stack, cluster)["status"] == "ACTIVE"


def node_group(cluster: Resource, subnets: list[str]) -> dict[str, Any]:
    return {
        "ClusterName": cluster.physical_id,
        "NodeRole": ROLE,
        "NodegroupName": "system",
        "ScalingConfig": {"DesiredSize": 3, "MaxSize": "6", "MinSize": 3},
        "Subnets": subnets,
    }


def group_shown(stack: Stack, cluster: Resource) -> dict[str, Any]:
    answer = stack.client("eks").describe_nodegroup(
        clusterName=cluster.physical_id, nodegroupName="system"
    )
    return dict(answer["nodegroup"])


def test_a_node_group_is_scaled_labelled_and_tainted(
    stack: Stack, cluster: Resource, subnets: list[str]
) -> None:
    taint = {"Effect": "NO_SCHEDULE", "Key": "gpu", "Value": "yes"}
    fixed = node_group(cluster, subnets)
    old = {**fixed, "Labels": {"kind": "cpu", "old": "1"}, "Taints": [taint]}
    group = stack.create(NODE_GROUP, **old, UpdateConfig={"MaxUnavailable": 1})
    assert group.physical_id == f"{cluster.physical_id}/system"
    assert group_shown(stack, cluster)["version"] == "1.34"
    assert group_shown(stack, cluster)["updateConfig"] == {"maxUnavailable": 1}
    new = {
        **fixed,
        "Labels": {"kind": "gpu"},
        "ScalingConfig": {"DesiredSize": 4, "MaxSize": 8, "MinSize": 4},
        "Version": "1.35",
    }
    stack.update(NODE_GROUP, group, {**old, "UpdateConfig": {"MaxUnavailable": 1}}, **new)
    about = group_shown(stack, cluster)
    assert about["labels"] == {"kind": "gpu"}
    assert about["taints"] == []
    assert about["scalingConfig"] == {"desiredSize": 4, "maxSize": 8, "minSize": 4}
    assert about["version"] == "1.35"
    assert len(stack.apis.nodes[cluster.physical_id, "system"]) == 4
    stack.delete(NODE_GROUP, group, **new)
    assert stack.apis.nodes[cluster.physical_id, "system"] == []


def test_a_cluster_with_nodes_is_not_deleted(
    stack: Stack, fixed: dict[str, Any], cluster: Resource, subnets: list[str]
) -> None:
    properties = node_group(cluster, subnets)
    group = stack.create(NODE_GROUP, **properties)
    with pytest.raises(ClientError, match="ResourceInUse"):
        stack.delete(CLUSTER, cluster, **fixed)
    assert stack.apis.running
    stack.delete(NODE_GROUP, group, **properties)
    stack.delete(NODE_GROUP, group, **properties)
    stack.delete(CLUSTER, cluster, **fixed)
    assert not stack.apis.running


def entry(cluster: Resource, **properties: Any) -> dict[str, Any]:
    policy = {"AccessScope": {"Type": "cluster"}, "PolicyArn": ADMIN}
    return {
        "AccessPolicies": [policy],
        "ClusterName": cluster.physical_id,
        "PrincipalArn": HANDLER,
        **properties,
    }


def may(stack: Stack, cluster: Resource, principal: str) -> bool:
    return stack.registry.may_access(cluster.attributes["Arn"], principal)


def test_only_principals_with_an_entry_may_enter(stack: Stack, cluster: Resource) -> None:
    assert not may(stack, cluster, HANDLER)
    properties = entry(cluster)
    made = stack.create(ENTRY, **properties)
    assert made.physical_id == f"{HANDLER}|{cluster.physical_id}"
    assert may(stack, cluster, HANDLER)
    assert may(stack, cluster, f"arn:aws:sts::{ACCOUNT}:assumed-role/handler/session")
    assert not may(stack, cluster, f"arn:aws:sts::{ACCOUNT}:assumed-role/other/session")
    assert not may(stack, cluster, f"arn:aws:sts::{'2' * 12}:assumed-role/handler/session")
    stack.delete(ENTRY, made, **properties)
    stack.delete(ENTRY, made, **properties)
    assert not may(stack, cluster, HANDLER)


def test_an_entry_without_any_permission_opens_nothing(stack: Stack, cluster: Resource) -> None:
    old = entry(cluster, AccessPolicies=[])
    made = stack.create(ENTRY, **old)
    assert not may(stack, cluster, HANDLER)
    stack.update(ENTRY, made, old, **{**old, "KubernetesGroups": ["masters"]})
    assert may(stack, cluster, HANDLER)


def test_a_principal_has_one_entry(stack: Stack, cluster: Resource) -> None:
    stack.create(ENTRY, **entry(cluster))
    with pytest.raises(ResourceError, match="already exists in cluster"):
        stack.create(ENTRY, **entry(cluster))


def test_an_entry_needs_its_cluster_to_ask_the_api(stack: Stack, fixed: dict[str, Any]) -> None:
    fixed["AccessConfig"] = {"AuthenticationMode": "CONFIG_MAP"}
    cluster = stack.create(CLUSTER, **fixed)
    with pytest.raises(ResourceError, match="authentication mode must be set"):
        stack.create(ENTRY, **entry(cluster))
    with pytest.raises(ClientError, match="No cluster found"):
        stack.create(ENTRY, **entry(Resource(physical_id="nowhere")))


def test_the_creator_of_a_cluster_is_its_admin_unless_told(
    stack: Stack, fixed: dict[str, Any], cluster: Resource
) -> None:
    creator = stack.client("sts").get_caller_identity()["Arn"]
    assert not may(stack, cluster, creator)
    fixed = {**fixed, "Name": "mine", "AccessConfig": {"AuthenticationMode": "API"}}
    mine = stack.create(CLUSTER, **fixed)
    assert may(stack, mine, creator)
    state = stack.registry.clusters.state(ClusterName.from_arn(mine.attributes["Arn"]))
    assert state.entries == {creator: AccessEntry(policies=(ADMIN,))}


def test_an_add_on_is_kept_at_its_version(stack: Stack, cluster: Resource) -> None:
    old = {"ClusterName": cluster.physical_id, "AddonName": "coredns", "AddonVersion": "v1"}
    addon = stack.create(ADDON, **old)
    assert addon.physical_id == f"{cluster.physical_id}|coredns"
    state = stack.registry.clusters.state(ClusterName.from_arn(cluster.attributes["Arn"]))
    new = {**old, "AddonVersion": "v2"}
    stack.update(ADDON, addon, old, **new)
    assert state.addons["coredns"]["AddonVersion"] == "v2"
    with pytest.raises(ResourceError, match="Addon coredns already exists"):
        stack.create(ADDON, **new)
    stack.delete(ADDON, addon, **new)
    assert not state.addons


def test_an_addon_defines_what_it_defines_on_eks(stack: Stack, cluster: Resource) -> None:
    name = "aws-secrets-store-csi-driver-provider"

    stack.create(ADDON, ClusterName=cluster.physical_id, AddonName=name)

    assert stack.apis.defined == ["secretproviderclasses.secrets-store.csi.x-k8s.io"]


def test_a_service_account_has_one_pod_identity(stack: Stack, cluster: Resource) -> None:
    properties = {
        "ClusterName": cluster.physical_id,
        "Namespace": "kube-system",
        "RoleArn": ROLE,
        "ServiceAccount": "aws-node",
    }
    made = stack.create(IDENTITY, **properties)
    assert made.attributes["AssociationId"] in made.physical_id
    with pytest.raises(ResourceError, match="kube-system/aws-node already exists"):
        stack.create(IDENTITY, **properties)
    stack.delete(IDENTITY, made, **properties)
    stack.create(IDENTITY, **properties)


def test_what_a_cluster_refuses_leaves_a_resource_to_delete(
    stack: Stack, cluster: Resource, subnets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise ResourceError("no")

    monkeypatch.setattr(stack.apis, "have_nodes", refuse)
    monkeypatch.setattr(stack.apis, "define", refuse)
    addon = {
        "ClusterName": cluster.physical_id,
        "AddonName": "aws-secrets-store-csi-driver-provider",
    }
    for resource_type, properties in (
        (NODE_GROUP, node_group(cluster, subnets)),
        (ADDON, addon),
    ):
        with pytest.raises(ResourceError) as failure:
            stack.create(resource_type, **properties)
        assert failure.value.left
        assert failure.value.left.physical_id.startswith(cluster.physical_id)
