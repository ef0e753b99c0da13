"""What the Network stack promises."""

from __future__ import annotations

import aws_cdk as cdk
import pytest
from aws_cdk.assertions import Match, Template

from kubeflow_aws.deployment import Deployment
from stacks.network import NetworkStack, NetworkStackProps
from tests.support.assembly import ACCOUNT, Assembly, new_app, resources
from tests.support.deployments import PRODUCTION, variation

ENV = cdk.Environment(account=ACCOUNT, region="us-west-2")


@pytest.fixture(scope="session")
def template(sample_assembly: Assembly) -> Template:
    return Template.from_json(sample_assembly.stack("Network"))


def template_of(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Template:
    stack = NetworkStack(
        new_app(tmp_path_factory.mktemp("network")),
        "Network",
        props=NetworkStackProps(deployment=deployment, env=ENV),
    )
    return Template.from_stack(stack)


def test_three_zones_with_public_and_private_subnets(sample_assembly: Assembly) -> None:
    subnets = resources(sample_assembly.stack("Network"), "AWS::EC2::Subnet").values()
    zones = [subnet["Properties"]["AvailabilityZone"] for subnet in subnets]

    assert sorted(zones) == sorted(["us-west-2a", "us-west-2b", "us-west-2c"] * 2)
    assert not any(subnet["Properties"]["MapPublicIpOnLaunch"] for subnet in subnets)


def test_load_balancers_find_their_subnets(template: Template) -> None:
    for role in ("elb", "internal-elb"):
        tag = Match.object_like({"Key": f"kubernetes.io/role/{role}", "Value": "1"})
        found = template.find_resources(
            "AWS::EC2::Subnet", {"Properties": {"Tags": Match.array_with([tag])}}
        )
        assert len(found) == 3, role


def test_all_traffic_is_logged_to_an_encrypted_group(template: Template) -> None:
    template.has_resource_properties("AWS::EC2::FlowLog", {"TrafficType": "ALL"})
    template.has_resource_properties(
        "AWS::Logs::LogGroup", {"KmsKeyId": Match.any_value(), "RetentionInDays": 30}
    )
    template.has_resource_properties("AWS::KMS::Key", {"EnableKeyRotation": True})


def test_aws_is_reached_without_leaving_the_vpc(template: Template) -> None:
    template.resource_count_is("AWS::EC2::VPCEndpoint", 9)
    template.all_resources_properties(
        "AWS::EC2::SecurityGroup",
        {"SecurityGroupIngress": [Match.object_like({"FromPort": 443, "ToPort": 443})]},
    )


def test_development_has_one_nat_gateway_and_production_one_per_zone(
    template: Template, vanilla: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> None:
    production = template_of(variation(vanilla, PRODUCTION), tmp_path_factory)

    template.resource_count_is("AWS::EC2::NatGateway", 1)
    production.resource_count_is("AWS::EC2::NatGateway", 3)
    production.has_resource("AWS::Logs::LogGroup", {"DeletionPolicy": "RetainExceptOnCreate"})


def test_no_function_may_edit_security_groups(template: Template) -> None:
    template.resource_count_is("AWS::Lambda::Function", 0)
    template.resource_count_is("Custom::VpcRestrictDefaultSG", 0)


def test_synth_asks_aws_for_nothing(sample_assembly: Assembly) -> None:
    manifest = (sample_assembly.folder / "manifest.json").read_text(encoding="utf-8")

    assert '"missing"' not in manifest
