"""What the Cluster stack promises."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.deployment import Deployment
from tests.support.assembly import (
    Assembly,
    CheckedAssembly,
    applies,
    resources,
    synthesize,
)
from tests.support.assembly import Template as RawTemplate
from tests.support.deployments import PRODUCTION, variation
from tests.support.platforms import sample_of


@pytest.fixture(scope="session")
def raw(sample_assembly: Assembly) -> RawTemplate:
    return sample_assembly.stack("Cluster")


@pytest.fixture(scope="session")
def template(raw: RawTemplate) -> Template:
    return Template.from_json(raw)


@pytest.fixture(scope="session")
def imported(checked_existing_cluster: CheckedAssembly) -> Assembly:
    return checked_existing_cluster.assembly


@pytest.fixture(scope="session")
def production(
    vanilla: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Template:
    changes: dict[str, Any] = {
        **PRODUCTION,
        "cluster": {
            "kubernetes_version": "1.34",
            "public_access_cidrs": ["203.0.113.0/24"],
            "admin_role_arns": [
                "arn:aws:iam::123456789012:role/teams/platform",
                "arn:aws:iam::210987654321:role/teams/platform",
                "arn:aws:iam::210987654321:role/teams/platform",
            ],
        },
    }
    deployment = variation(vanilla, changes)
    assembly = synthesize(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("production")
    )
    return Template.from_json(assembly.stack("Cluster"))


def test_the_api_server_is_private_and_secrets_are_encrypted(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Cluster",
        {
            "Version": "1.35",
            "ResourcesVpcConfig": Match.object_like(
                {"EndpointPrivateAccess": True, "EndpointPublicAccess": False}
            ),
            "EncryptionConfig": [Match.object_like({"Resources": ["secrets"]})],
            "AccessConfig": {
                "AuthenticationMode": "API",
                "BootstrapClusterCreatorAdminPermissions": False,
            },
            "BootstrapSelfManagedAddons": False,
        },
    )


def test_the_control_plane_logs_everything_to_an_encrypted_group(
    template: Template, raw: RawTemplate
) -> None:
    [cluster] = resources(raw, "AWS::EKS::Cluster").values()
    types = cluster["Properties"]["Logging"]["ClusterLogging"]["EnabledTypes"]

    assert len(types) == 5
    template.has_resource_properties(
        "AWS::Logs::LogGroup",
        {"LogGroupName": "/aws/eks/kubeflow/cluster", "KmsKeyId": Match.any_value()},
    )


def test_production_is_protected_and_open_only_to_named_ranges_and_roles(
    production: Template,
) -> None:
    production.has_resource_properties(
        "AWS::EKS::Cluster",
        {
            "Version": "1.34",
            "DeletionProtection": True,
            "ResourcesVpcConfig": Match.object_like(
                {"EndpointPublicAccess": True, "PublicAccessCidrs": ["203.0.113.0/24"]}
            ),
        },
    )
    production.has_resource_properties(
        "AWS::EKS::AccessEntry",
        {"PrincipalArn": "arn:aws:iam::123456789012:role/teams/platform"},
    )
    # Two teams of one name, in different accounts, and the kubectl handler.
    production.resource_count_is("AWS::EKS::AccessEntry", 3)


def test_a_first_deploy_that_fails_leaves_no_log_group_in_the_way(production: Template) -> None:
    production.all_resources("AWS::Logs::LogGroup", {"DeletionPolicy": "RetainExceptOnCreate"})


def test_disks_are_managed_by_the_policy_that_tags_bound(raw: RawTemplate) -> None:
    roles = json.dumps(resources(raw, "AWS::IAM::Role"))

    assert ":policy/AmazonEBSCSIDriverPolicyV2" in roles
    assert "service-role/AmazonEBSCSIDriverPolicy" not in roles


def test_logs_of_the_kubectl_handler_are_encrypted_and_leave_with_the_stack(
    raw: RawTemplate, imported: Assembly
) -> None:
    for template in (raw, imported.stack("Cluster")):
        groups = resources(template, "AWS::Logs::LogGroup")
        for group in groups.values():
            assert group["DeletionPolicy"] == "Delete"
            assert "KmsKeyId" in group["Properties"]
        functions = resources(template, "AWS::Lambda::Function")
        assert len(functions) == 2
        for function in functions.values():
            # A reference, so that the function goes before its group.
            assert function["Properties"]["LoggingConfig"]["LogGroup"]["Ref"] in groups


def test_pods_cannot_take_a_nodes_role(raw: RawTemplate) -> None:
    [launch_template] = resources(raw, "AWS::EC2::LaunchTemplate").values()

    data = launch_template["Properties"]["LaunchTemplateData"]
    assert data["Monitoring"] == {"Enabled": True}
    assert data["MetadataOptions"] == {"HttpTokens": "required", "HttpPutResponseHopLimit": 1}
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True


def test_nodes_may_neither_manage_networks_nor_push_images(raw: RawTemplate) -> None:
    [role] = [
        role
        for role in resources(raw, "AWS::IAM::Role").values()
        if "ec2.amazonaws.com" in json.dumps(role["Properties"]["AssumeRolePolicyDocument"])
    ]

    policies = json.dumps(role["Properties"]["ManagedPolicyArns"])
    assert "AmazonEKS_CNI_Policy" not in policies
    assert "AmazonEC2ContainerRegistryPullOnly" in policies


def test_addons_have_the_versions_of_the_table(raw: RawTemplate) -> None:
    versions = kubernetes_versions()["1.35"].addons
    assert versions is not None
    found = {
        addon["Properties"]["AddonName"]: addon["Properties"]["AddonVersion"]
        for addon in resources(raw, "AWS::EKS::Addon").values()
    }

    assert found == {
        "vpc-cni": versions.vpc_cni,
        "coredns": versions.coredns,
        "kube-proxy": versions.kube_proxy,
        "aws-ebs-csi-driver": versions.ebs_csi,
        "eks-pod-identity-agent": versions.pod_identity_agent,
        "metrics-server": versions.metrics_server,
        "amazon-cloudwatch-observability": versions.cloudwatch,
    }


def test_users_pods_are_kept_off_the_system_nodes(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Nodegroup",
        {
            "Labels": {"kubeflow-aws/node-group": "system"},
            "Taints": [{"Key": "CriticalAddonsOnly", "Value": "true", "Effect": "NO_SCHEDULE"}],
        },
    )


def test_every_addon_with_a_controller_runs_on_the_system_nodes(
    data_plane_assembly: Assembly,
) -> None:
    """Those of the disks tolerate the taint by default; so does every daemon but one."""
    configured = {
        addon["Properties"]["AddonName"]: json.loads(
            addon["Properties"].get("ConfigurationValues", "{}")
        )
        for addon in resources(data_plane_assembly.stack("Cluster"), "AWS::EKS::Addon").values()
    }
    system = {"kubeflow-aws/node-group": "system"}
    tolerated = [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
    every_taint = [{"operator": "Exists"}]

    for name in ("coredns", "metrics-server"):
        assert configured[name] == {"nodeSelector": system, "tolerations": tolerated}
    for name in ("aws-ebs-csi-driver", "aws-efs-csi-driver", "aws-fsx-csi-driver"):
        assert configured[name] == {"controller": {"nodeSelector": system}}
    cloudwatch = configured["amazon-cloudwatch-observability"]
    assert cloudwatch["manager"]["nodeSelector"] == system
    assert cloudwatch["tolerations"] == every_taint
    assert configured["aws-secrets-store-csi-driver-provider"]["tolerations"] == every_taint


def test_network_policies_are_enforced(template: Template) -> None:
    template.has_resource_properties(
        "AWS::EKS::Addon",
        {"AddonName": "vpc-cni", "ConfigurationValues": '{"enableNetworkPolicy": "true"}'},
    )


def test_nodes_join_after_the_pod_network_and_pods_start_after_the_nodes(raw: RawTemplate) -> None:
    def depends_on(logical_id: str) -> set[str]:
        return set(raw["Resources"][logical_id].get("DependsOn", ()))

    addons = {
        addon["Properties"]["AddonName"]: logical_id
        for logical_id, addon in resources(raw, "AWS::EKS::Addon").items()
    }
    groups = resources(raw, "AWS::EKS::Nodegroup")
    [system] = [group for group in groups if "System" in group]

    for group in groups:
        assert {addons["vpc-cni"], addons["kube-proxy"]} <= depends_on(group)
    for name in ("coredns", "aws-ebs-csi-driver", "metrics-server"):
        assert system in depends_on(addons[name])


def test_nodes_follow_the_version_of_the_cluster(raw: RawTemplate) -> None:
    [cluster] = resources(raw, "AWS::EKS::Cluster").values()

    for group in resources(raw, "AWS::EKS::Nodegroup").values():
        assert group["Properties"]["Version"] == cluster["Properties"]["Version"]


def test_disks_are_encrypted_gp3_by_default(sample_assembly: Assembly) -> None:
    [storage_class] = [o for o in sample_assembly.objects() if o["kind"] == "StorageClass"]

    assert storage_class["parameters"] == {"type": "gp3", "encrypted": "true"}
    assert storage_class["metadata"] == {
        "name": "gp3",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    }


def test_each_pod_role_is_bound_to_one_service_account_of_this_cluster(raw: RawTemplate) -> None:
    roles = [
        role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        for role in resources(raw, "AWS::IAM::Role").values()
        if "pods.eks.amazonaws.com" in json.dumps(role)
    ]

    assert len(roles) == len(resources(raw, "AWS::EKS::PodIdentityAssociation")) == 5
    for statements in roles:
        for statement in statements:
            condition = statement["Condition"]
            assert {
                "aws:RequestTag/eks-cluster-arn",
                "aws:RequestTag/kubernetes-namespace",
                "aws:RequestTag/kubernetes-service-account",
            } <= condition["StringEquals"].keys()


def test_the_load_balancer_controller_changes_only_what_it_made(raw: RawTemplate) -> None:
    [policy] = [
        policy
        for name, policy in resources(raw, "AWS::IAM::Policy").items()
        if "LoadBalancerController" in name
    ]
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        actions = statement["Action"]
        actions = [actions] if isinstance(actions, str) else actions
        if any(action.split(":")[1].startswith(("Delete", "Modify")) for action in actions):
            assert "aws:ResourceTag/elbv2.k8s.aws/cluster" in json.dumps(statement["Condition"])
        assert not any("*" in action for action in actions)


def test_the_load_balancer_controller_tags_only_what_it_creates(raw: RawTemplate) -> None:
    tagging = [
        statement
        for policy in resources(raw, "AWS::IAM::Policy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Action"] == "elasticloadbalancing:AddTags"
    ]

    assert len(tagging) == 1
    assert "elasticloadbalancing:CreateAction" in tagging[0]["Condition"]["StringEquals"]


def test_the_kubectl_handler_applies_server_side_from_private_subnets(raw: RawTemplate) -> None:
    [handler] = [
        function["Properties"]
        for function in resources(raw, "AWS::Lambda::Function").values()
        if "kubectl" in function["Properties"].get("Description", "")
        and "onEvent handler" in function["Properties"]["Description"]
    ]

    assert handler["Environment"]["Variables"]["HOME"] == "/opt/kuberc"
    assert len(handler["Layers"]) == 3
    assert len(handler["VpcConfig"]["SubnetIds"]) == 3


def test_a_call_of_the_handler_that_finds_no_room_is_tried_again(raw: RawTemplate) -> None:
    """In a new account ten functions may run at once; CDK's default gives up after seconds."""
    [framework] = [
        function["Properties"]
        for function in resources(raw, "AWS::Lambda::Function").values()
        if "provider framework" in function["Properties"].get("Description", "")
    ]

    assert framework["Handler"] == "framework.onEvent"
    assert int(framework["Environment"]["Variables"]["AWS_MAX_ATTEMPTS"]) >= 20
    assert framework["Timeout"] == 900


def test_the_kubectl_handler_may_describe_one_cluster_and_pull_no_images(raw: RawTemplate) -> None:
    [role] = [
        role["Properties"]
        for name, role in resources(raw, "AWS::IAM::Role").items()
        if "KubectlHandlerRole" in name
    ]

    assert "ContainerRegistry" not in json.dumps(raw["Resources"] and role)
    [statement] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert statement["Action"] == "eks:DescribeCluster"
    assert "cluster/kubeflow" in json.dumps(statement["Resource"])


def test_an_imported_cluster_is_not_created_but_administered(imported: Assembly) -> None:
    template = Template.from_json(imported.stack("Cluster"))

    assert not any(name.endswith("Network") for name in imported.templates)
    for resource_type in ("AWS::EKS::Cluster", "AWS::EKS::Nodegroup", "AWS::EKS::Addon"):
        template.resource_count_is(resource_type, 0)
    template.has_resource_properties("AWS::EKS::AccessEntry", {"ClusterName": "theirs"})


def test_packs_on_an_imported_cluster_are_removed_but_not_its_definitions(
    imported: Assembly,
) -> None:
    policies = {
        (logical_id.startswith("Definitions"), pack["DeletionPolicy"])
        for template in imported.templates.values()
        for logical_id, pack in applies(template).items()
    }

    assert policies == {(True, "Retain"), (False, "Delete")}
