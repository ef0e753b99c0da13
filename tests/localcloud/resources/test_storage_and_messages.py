"""File systems, topics, queues and dashboards."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import ResourceError
from tests.localcloud.resources.stack import Stack

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "One", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}
    ],
}


@pytest.fixture
def subnet(stack: Stack) -> str:
    vpc = stack.create("AWS::EC2::VPC", CidrBlock="10.0.0.0/16").physical_id
    created = stack.create(
        "AWS::EC2::Subnet",
        VpcId=vpc,
        CidrBlock="10.0.1.0/24",
        AvailabilityZone="us-west-2a",
    )
    return created.physical_id


def test_a_file_system_is_described_as_its_template_says(stack: Stack) -> None:
    client = stack.client("efs")
    kind = "AWS::EFS::FileSystem"
    properties: dict[str, Any] = {
        "BackupPolicy": {"Status": "ENABLED"},
        "Encrypted": True,
        "FileSystemPolicy": POLICY,
        "FileSystemTags": [{"Key": "Name", "Value": "shared"}],
        "LifecyclePolicies": [{"TransitionToIA": "AFTER_30_DAYS"}],
    }
    made = stack.create(kind, **properties)

    def shown() -> Any:
        return client.describe_file_systems(FileSystemId=made.physical_id)["FileSystems"][0]

    assert shown()["Encrypted"] is True
    assert shown()["Name"] == "shared"
    assert (
        json.loads(client.describe_file_system_policy(FileSystemId=made.physical_id)["Policy"])
        == POLICY
    )
    backup = client.describe_backup_policy(FileSystemId=made.physical_id)["BackupPolicy"]
    assert backup["Status"] == "ENABLED"
    stack.update(kind, made, properties, **{**properties, "LifecyclePolicies": []})
    lifecycle = client.describe_lifecycle_configuration(FileSystemId=made.physical_id)
    assert lifecycle["LifecyclePolicies"] == []
    stack.delete(kind, made, **properties)
    with pytest.raises(ClientError, match="does not exist"):
        shown()


def test_a_file_system_stays_while_it_can_be_mounted(stack: Stack, subnet: str) -> None:
    file_system = stack.create("AWS::EFS::FileSystem")
    properties = {
        "FileSystemId": file_system.physical_id,
        "SecurityGroups": [],
        "SubnetId": subnet,
    }
    target = stack.create("AWS::EFS::MountTarget", **properties)

    with pytest.raises((ResourceError, ClientError), match="mount targets"):
        stack.delete("AWS::EFS::FileSystem", file_system)
    stack.delete("AWS::EFS::MountTarget", target, **properties)
    stack.delete("AWS::EFS::FileSystem", file_system)


def test_an_access_point_has_its_user_and_folder(stack: Stack) -> None:
    file_system = stack.create("AWS::EFS::FileSystem").physical_id
    properties: dict[str, Any] = {
        "FileSystemId": file_system,
        "PosixUser": {"Uid": "1000", "Gid": "100"},
        "RootDirectory": {"Path": "/example"},
    }
    made = stack.create("AWS::EFS::AccessPoint", **properties)
    client = stack.client("efs")

    [shown] = client.describe_access_points(AccessPointId=made.physical_id)["AccessPoints"]
    assert shown["PosixUser"] == {"Uid": 1000, "Gid": 100}
    assert shown["RootDirectory"]["Path"] == "/example"
    stack.delete("AWS::EFS::AccessPoint", made, **properties)
    assert client.describe_access_points(FileSystemId=file_system)["AccessPoints"] == []


def test_a_file_system_for_lustre_has_names_to_mount_it_by(stack: Stack, subnet: str) -> None:
    properties: dict[str, Any] = {
        "FileSystemType": "LUSTRE",
        "LustreConfiguration": {
            "DeploymentType": "PERSISTENT_2",
            "PerUnitStorageThroughput": "125",
        },
        "StorageCapacity": "1200",
        "SubnetIds": [subnet],
    }
    made = stack.create("AWS::FSx::FileSystem", **properties)
    client = stack.client("fsx")

    [shown] = client.describe_file_systems(FileSystemIds=[made.physical_id])["FileSystems"]
    assert shown["StorageCapacity"] == 1200
    assert shown["LustreConfiguration"]["PerUnitStorageThroughput"] == 125
    assert made.attributes["DNSName"] == shown["DNSName"]
    assert len(made.attributes["LustreMountName"]) == 8
    stack.delete("AWS::FSx::FileSystem", made, **properties)
    assert client.describe_file_systems()["FileSystems"] == []


def test_a_topic_has_its_policy_key_and_subscribers(stack: Stack) -> None:
    client = stack.client("sns")
    topic = stack.create("AWS::SNS::Topic", DisplayName="Kubeflow", KmsMasterKeyId="alias/a")
    policy = {"Topics": [topic.physical_id], "PolicyDocument": POLICY}
    stack.create("AWS::SNS::TopicPolicy", **policy)
    reader = {"TopicArn": topic.physical_id, "Protocol": "email", "Endpoint": "ops@example.com"}
    subscription = stack.create("AWS::SNS::Subscription", **reader)

    shown = client.get_topic_attributes(TopicArn=topic.physical_id)["Attributes"]
    assert shown["DisplayName"] == "Kubeflow"
    assert shown["KmsMasterKeyId"] == "alias/a"
    assert json.loads(shown["Policy"]) == POLICY
    [found] = client.list_subscriptions_by_topic(TopicArn=topic.physical_id)["Subscriptions"]
    assert found["Endpoint"] == "ops@example.com"
    stack.delete("AWS::SNS::Subscription", subscription, **reader)
    stack.delete("AWS::SNS::Topic", topic)
    assert client.list_topics()["Topics"] == []


def test_a_queue_has_its_policy_until_that_is_deleted(stack: Stack) -> None:
    client = stack.client("sqs")
    queue = stack.create("AWS::SQS::Queue", SqsManagedSseEnabled=True)
    policy = {"Queues": [queue.physical_id], "PolicyDocument": POLICY}
    made = stack.create("AWS::SQS::QueuePolicy", **policy)

    stack.update("AWS::SQS::Queue", queue, {}, VisibilityTimeout=60)

    def shown() -> dict[str, str]:
        found = client.get_queue_attributes(QueueUrl=queue.physical_id, AttributeNames=["All"])
        attributes: dict[str, str] = found["Attributes"]
        return attributes

    assert shown()["VisibilityTimeout"] == "60"
    assert shown()["QueueArn"] == queue.attributes["Arn"]
    assert json.loads(shown()["Policy"]) == POLICY
    stack.delete("AWS::SQS::QueuePolicy", made, **policy)
    assert not shown().get("Policy")
    stack.delete("AWS::SQS::Queue", queue)
    with pytest.raises(ClientError, match="does not exist"):
        shown()


def test_a_dashboard_is_put_and_deleted(stack: Stack) -> None:
    client = stack.client("cloudwatch")
    kind, body = "AWS::CloudWatch::Dashboard", {"DashboardBody": '{"widgets": []}'}
    made = stack.create(kind, DashboardName="kubeflow", **body)

    shown = client.get_dashboard(DashboardName="kubeflow")
    assert json.loads(shown["DashboardBody"]) == {"widgets": []}
    stack.delete(kind, made, **body)
    assert client.list_dashboards()["DashboardEntries"] == []


class TestLustre:
    """A file system for Lustre."""

    KIND = "AWS::FSx::FileSystem"

    @pytest.fixture
    def properties(self, subnet: str) -> dict[str, Any]:
        return {
            "FileSystemType": "LUSTRE",
            "LustreConfiguration": {
                "AutomaticBackupRetentionDays": 0,
                "DeploymentType": "PERSISTENT_2",
                "PerUnitStorageThroughput": 125,
            },
            "StorageCapacity": 1200,
            "SubnetIds": [subnet],
            "Tags": [{"Key": "team", "Value": "ml"}, {"Key": "old", "Value": "yes"}],
        }

    def shown(self, stack: Stack, name: str) -> Any:
        [found] = stack.client("fsx").describe_file_systems(FileSystemIds=[name])["FileSystems"]
        return found

    def test_what_aws_updates_is_updated(self, stack: Stack, properties: dict[str, Any]) -> None:
        made = stack.create(self.KIND, **properties)
        configuration = {
            **properties["LustreConfiguration"],
            "AutomaticBackupRetentionDays": 7,
            "DataCompressionType": "LZ4",
        }

        stack.update(
            self.KIND,
            made,
            properties,
            **{
                **properties,
                "LustreConfiguration": configuration,
                "StorageCapacity": 2400,
                "Tags": [{"Key": "team", "Value": "vision"}],
            },
        )

        shown = self.shown(stack, made.physical_id)
        assert shown["StorageCapacity"] == 2400
        assert shown["LustreConfiguration"]["AutomaticBackupRetentionDays"] == 7
        assert shown["LustreConfiguration"]["DataCompressionType"] == "LZ4"
        assert shown["LustreConfiguration"]["PerUnitStorageThroughput"] == 125
        assert shown["Tags"] == [{"Key": "team", "Value": "vision"}]

    def test_it_never_shrinks(self, stack: Stack, properties: dict[str, Any]) -> None:
        larger = {**properties, "StorageCapacity": 2400}
        made = stack.create(self.KIND, **larger)

        with pytest.raises(ResourceError, match="can only be increased, not set to 1200"):
            stack.update(self.KIND, made, larger, **properties)

        assert self.shown(stack, made.physical_id)["StorageCapacity"] == 2400

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("CopyTagsToBackups", True),
            ("DeploymentType", "SCRATCH_2"),
            ("PerUnitStorageThroughput", 250),
        ],
    )
    def test_what_aws_replaces_is_another_file_system(
        self, name: str, value: object, stack: Stack, properties: dict[str, Any]
    ) -> None:
        configuration = {**properties["LustreConfiguration"], name: value}
        request = stack.request(self.KIND, {**properties, "LustreConfiguration": configuration})

        assert stack.registry.replaced_by(request, properties) == [f"LustreConfiguration.{name}"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [("AWS::EFS::FileSystem", "FileSystemTags"), ("AWS::EFS::AccessPoint", "AccessPointTags")],
)
def test_tags_of_files_change(kind: str, name: str, stack: Stack) -> None:
    file_system = stack.create("AWS::EFS::FileSystem")
    properties: dict[str, Any] = (
        {"FileSystemId": file_system.physical_id} if kind.endswith("AccessPoint") else {}
    )
    before = {**properties, name: [{"Key": "old", "Value": "yes"}]}
    made = stack.create(kind, **before)

    stack.update(kind, made, before, **{**properties, name: [{"Key": "team", "Value": "ml"}]})

    tags = stack.client("efs").list_tags_for_resource(ResourceId=made.physical_id)["Tags"]
    assert tags == [{"Key": "team", "Value": "ml"}]
