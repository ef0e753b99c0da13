"""Security groups and launch templates."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import ResourceError
from tests.localcloud.resources.stack import Stack

GROUP = "AWS::EC2::SecurityGroup"
TEMPLATE = "AWS::EC2::LaunchTemplate"
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": "443", "CidrIp": "10.0.0.0/16"}
EVERYWHERE = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0", "Description": "out"}


@pytest.fixture
def fixed(stack: Stack) -> dict[str, str]:
    vpc = stack.create("AWS::EC2::VPC", CidrBlock="10.0.0.0/16")
    return {"GroupDescription": "A group", "VpcId": vpc.physical_id}


def rules(stack: Stack, group: str) -> tuple[list[Any], list[Any]]:
    found = stack.client("ec2").describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    return found["IpPermissions"], found["IpPermissionsEgress"]


def test_a_group_without_egress_rules_lets_everything_out(
    stack: Stack, fixed: dict[str, str]
) -> None:
    ingress, egress = rules(stack, stack.create(GROUP, **fixed).physical_id)
    assert ingress == []
    assert [rule["IpRanges"] for rule in egress] == [[{"CidrIp": "0.0.0.0/0"}]]


def test_egress_rules_of_a_template_take_the_place_of_the_default(
    stack: Stack, fixed: dict[str, str]
) -> None:
    group = stack.create(GROUP, **fixed, SecurityGroupEgress=[HTTPS])
    _, egress = rules(stack, group.physical_id)
    assert [(rule["FromPort"], rule["IpRanges"]) for rule in egress] == [
        (443, [{"CidrIp": "10.0.0.0/16"}])
    ]


def test_rules_follow_their_template(stack: Stack, fixed: dict[str, str]) -> None:
    old = {**fixed, "SecurityGroupIngress": [HTTPS], "SecurityGroupEgress": [EVERYWHERE]}
    group = stack.create(GROUP, **old)
    http = {**HTTPS, "FromPort": 80, "ToPort": 80, "Description": "Plain"}
    stack.update(GROUP, group, old, **fixed, SecurityGroupIngress=[http])
    ingress, egress = rules(stack, group.physical_id)
    assert [rule["FromPort"] for rule in ingress] == [80]
    assert ingress[0]["IpRanges"] == [{"CidrIp": "10.0.0.0/16", "Description": "Plain"}]
    assert [rule["IpRanges"][0]["CidrIp"] for rule in egress] == ["0.0.0.0/0"]


@pytest.mark.parametrize("direction", ["Ingress", "Egress"])
def test_a_rule_of_its_own_comes_and_goes(
    stack: Stack, fixed: dict[str, str], direction: str
) -> None:
    group = stack.create(GROUP, **fixed).physical_id
    before = rules(stack, group)
    peer = "SourceSecurityGroupId" if direction == "Ingress" else "DestinationSecurityGroupId"
    rule = {"GroupId": group, "IpProtocol": "tcp", "FromPort": 1, "ToPort": 2, peer: group}
    made = stack.create(f"AWS::EC2::SecurityGroup{direction}", **rule)
    assert made.physical_id.startswith("sgr-")
    added = rules(stack, group)[direction == "Egress"][-1]
    assert [pair["GroupId"] for pair in added["UserIdGroupPairs"]] == [group]
    stack.delete(f"AWS::EC2::SecurityGroup{direction}", made, **rule)
    stack.delete(f"AWS::EC2::SecurityGroup{direction}", made, **rule)
    assert rules(stack, group) == before


def test_a_rule_that_is_not_emulated_leaves_a_group_to_delete(
    stack: Stack, fixed: dict[str, str]
) -> None:
    rule = {"IpProtocol": "-1", "SourceSecurityGroupName": "default"}
    with pytest.raises(ResourceError, match="SourceSecurityGroupName of a rule is not") as caught:
        stack.create(GROUP, **fixed, SecurityGroupIngress=[rule])
    assert caught.value.left is not None
    stack.delete(GROUP, caught.value.left)


def test_a_deleted_group_is_gone(stack: Stack, fixed: dict[str, str]) -> None:
    group = stack.create(GROUP, **fixed)
    stack.delete(GROUP, group, **fixed)
    with pytest.raises(ClientError, match=r"InvalidGroup\.NotFound"):
        rules(stack, group.physical_id)
    stack.delete(GROUP, group, **fixed)


def test_an_update_of_a_launch_template_is_a_new_version(stack: Stack) -> None:
    def properties(size: object) -> dict[str, Any]:
        disk = {"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": "true", "VolumeSize": size}}
        return {"LaunchTemplateData": {"BlockDeviceMappings": [disk]}}

    template = stack.create(TEMPLATE, **properties("100"))
    assert template.attributes["LatestVersionNumber"] == "1"
    template = stack.update(TEMPLATE, template, properties("100"), **properties(120))
    assert template.attributes["LatestVersionNumber"] == "2"
    assert template.attributes["DefaultVersionNumber"] == "1"
    versions = stack.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template.physical_id
    )["LaunchTemplateVersions"]
    disks = [v["LaunchTemplateData"]["BlockDeviceMappings"][0]["Ebs"] for v in versions]
    assert sorted(disk["VolumeSize"] for disk in disks) == [100, 120]
    assert all(disk["Encrypted"] is True for disk in disks)
    stack.delete(TEMPLATE, template)
    stack.delete(TEMPLATE, template)
    left = stack.client("ec2").describe_launch_templates()["LaunchTemplates"]
    assert template.physical_id not in [item["LaunchTemplateId"] for item in left]


def test_the_tags_of_a_launch_template_change(stack: Stack) -> None:
    def properties(**tags: str) -> dict[str, Any]:
        given = [{"Key": key, "Value": value} for key, value in tags.items()]
        disk = {"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 100}}
        return {
            "LaunchTemplateData": {"BlockDeviceMappings": [disk]},
            "TagSpecifications": [{"ResourceType": "launch-template", "Tags": given}],
        }

    before = properties(gone="1", kept="2")
    template = stack.create(TEMPLATE, **before)
    stack.update(TEMPLATE, template, before, **properties(kept="3", new="4"))

    # moto's description of a template has the tags of its creation.
    own = {"Name": "resource-id", "Values": [template.physical_id]}
    shown = stack.client("ec2").describe_tags(Filters=[own])["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in shown} == {"kept": "3", "new": "4"}
