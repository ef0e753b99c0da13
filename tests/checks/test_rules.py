"""Our own rules find what cdk-nag does not see, in the real plug-in."""

from __future__ import annotations

import copy
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_eks_v2 as eks

from kubeflow_aws.checks import KubeflowRules
from kubeflow_aws.checks.plugin import RULES, broken_rules
from tests.support.assembly import Assembly, Template, new_app, resources

BREAKERS: dict[str, tuple[str, dict[str, Any]]] = {
    "KubeflowAws-EKS1": (
        "AWS::EKS::Cluster",
        {"Logging": {"ClusterLogging": {"EnabledTypes": [{"Type": "api"}]}}},
    ),
    "KubeflowAws-EKS2": ("AWS::EKS::Cluster", {"EncryptionConfig": []}),
    "KubeflowAws-EKS3": (
        "AWS::EKS::Cluster",
        {"ResourcesVpcConfig": {"EndpointPublicAccess": True}},
    ),
    "KubeflowAws-EKS4": (
        "AWS::EKS::Cluster",
        {"AccessConfig": {"AuthenticationMode": "API_AND_CONFIG_MAP"}},
    ),
    "KubeflowAws-EKS5": ("AWS::EKS::Nodegroup", {}),
    "KubeflowAws-EC21": (
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "optional"}}},
    ),
    "KubeflowAws-EC22": (
        "AWS::EC2::LaunchTemplate",
        {"LaunchTemplateData": {"BlockDeviceMappings": [{"Ebs": {"Encrypted": False}}]}},
    ),
    "KubeflowAws-FSX1": (
        "AWS::FSx::FileSystem",
        {"LustreConfiguration": {"DeploymentType": "PERSISTENT_2"}},
    ),
    "KubeflowAws-FSX2": ("AWS::FSx::FileSystem", {"SecurityGroupIds": []}),
    "KubeflowAws-IAM1": ("AWS::IAM::User", {}),
    "KubeflowAws-IAM2": ("AWS::IAM::AccessKey", {"UserName": "kubeflow"}),
}


INTRINSIC = {"Fn::If": ["Somewhere", [], []]}
OPEN: dict[str, Any] = {
    "the whole": ["0.0.0.0/0"],
    "the whole of IPv6": ["203.0.113.0/24", "::/0"],
    "two halves": ["0.0.0.0/1", "128.0.0.0/1"],
    "nothing, which EKS takes for the whole": [],
    "what only CloudFormation knows": INTRINSIC,
    "a range that only CloudFormation knows": [{"Ref": "Range"}],
}
UNKNOWN: dict[str, dict[str, Any]] = {
    "KubeflowAws-EKS1": {"Logging": {"ClusterLogging": {"EnabledTypes": INTRINSIC}}},
    "KubeflowAws-EKS2": {"EncryptionConfig": INTRINSIC},
    "KubeflowAws-EC22": {"LaunchTemplateData": {"BlockDeviceMappings": INTRINSIC}},
}


def broken_by(resource_type: str, properties: dict[str, Any]) -> set[str]:
    template = {"Resources": {"One": {"Type": resource_type, "Properties": properties}}}
    return {rule.id for rule, _ in broken_rules(template)}


@pytest.mark.parametrize("ranges", OPEN.values(), ids=list(OPEN))
def test_an_endpoint_is_open_to_the_world_in_many_spellings(ranges: object) -> None:
    access = {"EndpointPublicAccess": True, "PublicAccessCidrs": ranges}

    assert "KubeflowAws-EKS3" in broken_by("AWS::EKS::Cluster", {"ResourcesVpcConfig": access})


def test_an_endpoint_may_be_open_to_named_ranges() -> None:
    access = {
        "EndpointPublicAccess": True,
        "PublicAccessCidrs": ["203.0.113.0/24", "2001:db8::/32"],
    }

    assert "KubeflowAws-EKS3" not in broken_by("AWS::EKS::Cluster", {"ResourcesVpcConfig": access})


@pytest.mark.parametrize("rule_id", UNKNOWN)
def test_what_only_cloudformation_knows_breaks_a_rule(rule_id: str) -> None:
    assert rule_id in broken_by(BREAKERS[rule_id][0], UNKNOWN[rule_id])


def test_a_node_group_without_a_launch_template_is_found() -> None:
    assert broken_by("AWS::EKS::Nodegroup", {"ClusterName": "one"}) == {"KubeflowAws-EKS5"}


def test_a_scratch_file_system_has_no_key_of_ours() -> None:
    properties = {
        "LustreConfiguration": {"DeploymentType": "SCRATCH_2"},
        "SecurityGroupIds": ["sg-0123456789abcdef0"],
    }

    assert broken_by("AWS::FSx::FileSystem", properties) == set()


def test_every_rule_has_something_that_breaks_it() -> None:
    assert BREAKERS.keys() == {rule.id for rule in RULES}


def test_our_own_cluster_breaks_none(sample_assembly: Assembly) -> None:
    assert list(broken_rules(sample_assembly.stack("Cluster"))) == []


@pytest.mark.parametrize("rule_id", BREAKERS)
def test_what_breaks_a_rule_is_found(rule_id: str, sample_assembly: Assembly) -> None:
    resource_type, properties = BREAKERS[rule_id]
    template: Template = copy.deepcopy(sample_assembly.stack("Cluster"))
    # What a deployment never has breaks its rule by being there.
    if not resources(template, resource_type):
        template["Resources"]["Added"] = {"Type": resource_type, "Properties": {}}
    for resource in template["Resources"].values():
        if resource["Type"] == resource_type:
            resource["Properties"] = resource["Properties"] | properties if properties else {}

    assert rule_id in {rule.id for rule, _ in broken_rules(template)}


def test_a_default_cluster_of_aws_eks_v2_stops_the_synth(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    app = new_app(tmp_path_factory.mktemp("default"))
    stack = cdk.Stack(app, "Default")
    eks.Cluster(
        stack,
        "Cluster",
        version=eks.KubernetesVersion.V1_34,
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        default_capacity=0,
    )
    cdk.Validations.of(app).add_plugins(KubeflowRules([]))

    with pytest.raises(RuntimeError, match="KubeflowAws-EKS1") as stop:
        app.synth()

    for rule_id in ("EKS2", "EKS3", "EKS4"):
        assert f"KubeflowAws-{rule_id}" in str(stop.value)
