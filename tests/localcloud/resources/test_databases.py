"""Databases and the secrets that open them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import Resource, ResourceError
from tests.localcloud.resources.stack import Stack

DATABASE = "AWS::RDS::DBInstance"
SUBNETS = "AWS::RDS::DBSubnetGroup"
OPTIONS = "AWS::RDS::OptionGroup"
PARAMETERS = "AWS::RDS::DBParameterGroup"
SECRET = "AWS::SecretsManager::Secret"  # noqa: S105  # a type
ATTACHMENT = "AWS::SecretsManager::SecretTargetAttachment"
GENERATED = {
    "ExcludeCharacters": " \"'@/",
    "GenerateStringKey": "password",
    "PasswordLength": "20",
    "SecretStringTemplate": '{"username": "admin"}',
}


def value(stack: Stack, secret: Resource) -> Any:
    answer = stack.client("secretsmanager").get_secret_value(SecretId=secret.physical_id)
    return json.loads(answer["SecretString"])


@pytest.fixture
def database(stack: Stack) -> dict[str, Any]:
    vpc = stack.create("AWS::EC2::VPC", CidrBlock="10.0.0.0/16").physical_id
    subnets = stack.subnets(vpc)
    group = stack.create(SUBNETS, DBSubnetGroupDescription="Private", SubnetIds=subnets)
    inside = stack.create("AWS::EC2::SecurityGroup", GroupDescription="Database", VpcId=vpc)
    return {
        "AllocatedStorage": "20",
        "DBInstanceClass": "db.t4g.small",
        "DBName": "kubeflow",
        "DBSubnetGroupName": group.physical_id,
        "Engine": "mysql",
        "EngineVersion": "8.4.5",
        "MasterUserPassword": "secret-secret",
        "MasterUsername": "admin",
        "StorageEncrypted": "true",
        "VPCSecurityGroups": [inside.physical_id],
    }


def shown(stack: Stack, instance: Resource) -> Any:
    answer = stack.client("rds").describe_db_instances(DBInstanceIdentifier=instance.physical_id)
    return answer["DBInstances"][0]


def test_a_database_is_in_its_network_and_is_resized(
    stack: Stack, database: dict[str, Any]
) -> None:
    instance = stack.create(DATABASE, **database)
    about = shown(stack, instance)
    assert about["DBSubnetGroup"]["DBSubnetGroupName"] == database["DBSubnetGroupName"]
    groups = [group["VpcSecurityGroupId"] for group in about["VpcSecurityGroups"]]
    assert groups == database["VPCSecurityGroups"]
    assert (about["AllocatedStorage"], about["StorageEncrypted"]) == (20, True)
    assert instance.attributes["Endpoint.Address"] == about["Endpoint"]["Address"]
    changes = {
        "AllocatedStorage": 40,
        "DBInstanceClass": "db.m7g.large",
        "BackupRetentionPeriod": 7,
    }
    stack.update(DATABASE, instance, database, **{**database, **changes})
    about = shown(stack, instance)
    assert (about["AllocatedStorage"], about["DBInstanceClass"]) == (40, "db.m7g.large")
    assert about["BackupRetentionPeriod"] == 7
    stack.delete(DATABASE, instance, **database)
    stack.delete(DATABASE, instance, **database)
    with pytest.raises(ClientError, match="DBInstanceNotFound"):
        shown(stack, instance)


def test_a_protected_database_stays(stack: Stack, database: dict[str, Any]) -> None:
    protected = {**database, "DeletionProtection": "true"}
    instance = stack.create(DATABASE, **protected)
    with pytest.raises(ClientError, match="protected DB Instance"):
        stack.delete(DATABASE, instance, **protected)
    stack.update(DATABASE, instance, protected, **{**database, "DeletionProtection": False})
    stack.delete(DATABASE, instance, **database)


def test_parameters_of_a_group_are_put(stack: Stack) -> None:
    fixed = {"Description": "Ours", "Family": "mysql8.4"}
    old = {**fixed, "Parameters": {"max_connections": 100}}
    group = stack.create(PARAMETERS, **old)
    stack.update(PARAMETERS, group, old, **fixed, Parameters={"max_connections": 200})
    client = stack.client("rds")
    found = client.describe_db_parameters(DBParameterGroupName=group.physical_id)["Parameters"]
    assert {item["ParameterName"]: item["ParameterValue"] for item in found} == {
        "max_connections": "200"
    }
    stack.delete(PARAMETERS, group, **old)
    stack.delete(PARAMETERS, group, **old)
    with pytest.raises(ClientError, match="DBParameterGroupNotFound"):
        client.describe_db_parameters(DBParameterGroupName=group.physical_id)


def options(value: str) -> list[dict[str, Any]]:
    return [
        {
            "OptionName": "MARIADB_AUDIT_PLUGIN",
            "OptionSettings": [{"Name": "SERVER_AUDIT_EVENTS", "Value": value}],
        }
    ]


def test_options_of_a_group_are_put_changed_and_removed(stack: Stack) -> None:
    fixed = {
        "EngineName": "mysql",
        "MajorEngineVersion": "8.4",
        "OptionGroupDescription": "Ours",
    }
    client = stack.client("rds")

    def found() -> Any:
        groups = client.describe_option_groups(OptionGroupName=group.physical_id)
        [about] = groups["OptionGroupsList"]
        assert about["MajorEngineVersion"] == "8.4"
        return {
            option["OptionName"]: {
                setting["Name"]: setting["Value"] for setting in option["OptionSettings"]
            }
            for option in about["Options"]
        }

    first = {**fixed, "OptionConfigurations": options("CONNECT")}
    second = {**fixed, "OptionConfigurations": options("CONNECT,QUERY_DCL")}
    group = stack.create(OPTIONS, **first)
    assert found() == {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT"}}
    stack.update(OPTIONS, group, first, **second)
    assert found() == {"MARIADB_AUDIT_PLUGIN": {"SERVER_AUDIT_EVENTS": "CONNECT,QUERY_DCL"}}
    stack.update(OPTIONS, group, second, **fixed)
    assert found() == {}
    stack.delete(OPTIONS, group, **fixed)
    stack.delete(OPTIONS, group, **fixed)
    with pytest.raises(ClientError, match="OptionGroupNotFound"):
        found()


def test_options_that_a_database_has_stay(stack: Stack, database: dict[str, Any]) -> None:
    fixed = {
        "EngineName": "mysql",
        "MajorEngineVersion": "8.4",
        "OptionGroupDescription": "Ours",
    }
    group = stack.create(OPTIONS, **fixed)
    instance = stack.create(DATABASE, **database)
    with_options = {**database, "OptionGroupName": group.physical_id}
    stack.update(DATABASE, instance, database, **with_options)
    [membership] = shown(stack, instance)["OptionGroupMemberships"]
    assert membership["OptionGroupName"] == group.physical_id

    with pytest.raises(ResourceError, match=f"in use by {instance.physical_id}"):
        stack.delete(OPTIONS, group, **fixed)

    stack.delete(DATABASE, instance, **with_options)
    stack.delete(OPTIONS, group, **fixed)


def test_a_generated_password_goes_into_its_template(stack: Stack) -> None:
    secret = stack.create(SECRET, GenerateSecretString=GENERATED)
    content = value(stack, secret)
    assert content["username"] == "admin"
    assert len(content["password"]) == 20
    assert not set(content["password"]) & set(GENERATED["ExcludeCharacters"])


def test_a_secret_is_described_tagged_and_deleted(stack: Stack) -> None:
    fixed = {"Name": "kubeflow/one"}
    old = {**fixed, "SecretString": "a", "Tags": [{"Key": "a", "Value": "b"}]}
    secret = stack.create(SECRET, **old)
    stack.update(SECRET, secret, old, **fixed, SecretString="b", Description="Two")
    client = stack.client("secretsmanager")
    about = client.describe_secret(SecretId=secret.physical_id)
    assert about["Description"] == "Two"
    assert not about.get("Tags")
    assert client.get_secret_value(SecretId=secret.physical_id)["SecretString"] == "b"
    stack.delete(SECRET, secret, **fixed)
    stack.delete(SECRET, secret, **fixed)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.describe_secret(SecretId=secret.physical_id)


def test_an_attached_secret_says_where_the_database_is(
    stack: Stack, database: dict[str, Any]
) -> None:
    instance = stack.create(DATABASE, **database)
    secret = stack.create(SECRET, GenerateSecretString=GENERATED)
    target = {
        "SecretId": secret.physical_id,
        "TargetId": instance.physical_id,
        "TargetType": DATABASE,
    }
    attachment = stack.create(ATTACHMENT, **target)
    assert attachment.physical_id == secret.physical_id
    content = value(stack, secret)
    assert content["host"] == instance.attributes["Endpoint.Address"]
    assert (content["engine"], content["dbname"], content["username"]) == (
        "mysql",
        "kubeflow",
        "admin",
    )
    stack.delete(ATTACHMENT, attachment, **target)
    assert value(stack, secret).keys() == {"username", "password"}


def test_a_secret_attaches_to_nothing_that_is_not_emulated(stack: Stack) -> None:
    secret = stack.create(SECRET, GenerateSecretString=GENERATED)
    with pytest.raises(ResourceError, match="AWS::Redshift::Cluster is not emulated"):
        stack.create(
            ATTACHMENT,
            SecretId=secret.physical_id,
            TargetId="x",
            TargetType="AWS::Redshift::Cluster",
        )


def test_a_secret_has_a_policy(stack: Stack) -> None:
    kind, secret = "AWS::SecretsManager::ResourcePolicy", stack.create(SECRET)
    deny = {"Effect": "Deny", "Principal": "*", "Action": "secretsmanager:*", "Resource": "*"}
    properties = {
        "SecretId": secret.physical_id,
        "ResourcePolicy": {"Version": "2012-10-17", "Statement": [deny]},
    }
    policy = stack.create(kind, **properties)
    client = stack.client("secretsmanager")
    found = client.get_resource_policy(SecretId=secret.physical_id)
    assert "Deny" in found["ResourcePolicy"]
    stack.delete(kind, policy, **properties)
    assert "ResourcePolicy" not in client.get_resource_policy(SecretId=secret.physical_id)


def test_rds_makes_the_master_password_itself(stack: Stack, database: dict[str, Any]) -> None:
    del database["MasterUserPassword"]
    key = stack.create("AWS::KMS::Key").attributes["Arn"]

    instance = stack.create(
        DATABASE, **database, ManageMasterUserPassword=True, MasterUserSecret={"KmsKeyId": key}
    )

    secret = shown(stack, instance)["MasterUserSecret"]
    assert instance.attributes["MasterUserSecret.SecretArn"] == secret["SecretArn"]
    assert secret["KmsKeyId"] == key


def test_a_snapshot_outlives_its_database(stack: Stack, database: dict[str, Any]) -> None:
    instance = stack.create(DATABASE, **database)
    request = stack.request(DATABASE, database)
    provider = stack.registry.provider_of(DATABASE)

    provider.snapshot(request, instance)
    provider.delete(request, instance)

    found = stack.client("rds").describe_db_snapshots()["DBSnapshots"]
    assert instance.physical_id in {each["DBInstanceIdentifier"] for each in found}


def restoration(stack: Stack, database: dict[str, Any], snapshot: str) -> dict[str, Any]:
    """Properties of an instance that is made from a new snapshot, without a version."""
    original = stack.create(DATABASE, **database)
    stack.client("rds").create_db_snapshot(
        DBInstanceIdentifier=original.physical_id, DBSnapshotIdentifier=snapshot
    )
    own = {
        *("MasterUsername", "MasterUserPassword", "StorageEncrypted", "KmsKeyId", "DBName"),
        "EngineVersion",
    }
    given = {name: value for name, value in database.items() if name not in own}
    return {
        **given,
        "DBSnapshotIdentifier": snapshot,
        "DBInstanceIdentifier": f"{snapshot}-restored",
        "ManageMasterUserPassword": True,
    }


def test_a_database_is_made_from_a_snapshot(stack: Stack, database: dict[str, Any]) -> None:
    original = stack.create(DATABASE, **database)
    stack.client("rds").create_db_snapshot(
        DBInstanceIdentifier=original.physical_id, DBSnapshotIdentifier="last"
    )
    own = ("MasterUsername", "MasterUserPassword", "StorageEncrypted", "KmsKeyId", "DBName")
    given = {name: value for name, value in database.items() if name not in own}

    restored = stack.create(
        DATABASE,
        **given | {"DBSnapshotIdentifier": "last", "DBInstanceIdentifier": "restored"},
        ManageMasterUserPassword=True,
    )

    about = shown(stack, restored)
    assert about["DBInstanceIdentifier"] == "restored"
    assert about["MasterUsername"] == database["MasterUsername"]
    assert restored.attributes["MasterUserSecret.SecretArn"]


@pytest.mark.parametrize(("version", "made"), [(None, "8.4.5"), ("8.4.10", "8.4.10")])
def test_a_snapshot_is_made_into_its_own_version_or_a_newer_one(
    version: str | None, made: str, stack: Stack, database: dict[str, Any]
) -> None:
    given = restoration(stack, database, f"upgraded-to-{made.replace('.', '-')}")
    if version:
        given["EngineVersion"] = version

    assert shown(stack, stack.create(DATABASE, **given))["EngineVersion"] == made


def test_a_snapshot_is_not_made_into_an_older_version(
    stack: Stack, database: dict[str, Any]
) -> None:
    given = restoration(stack, database, "newer")

    with pytest.raises(ResourceError, match=r"newer is of version 8\.4\.5.*8\.4\.4"):
        stack.create(DATABASE, **given, EngineVersion="8.4.4")


def test_what_is_the_snapshots_own_is_refused(stack: Stack, database: dict[str, Any]) -> None:
    with pytest.raises(ResourceError, match=r"do not specify .*MasterUsername"):
        stack.create(DATABASE, **database | {"DBSnapshotIdentifier": "last"})


def test_what_has_no_snapshots_is_not_deleted_with_one(stack: Stack) -> None:
    request = stack.request(SUBNETS, {})

    with pytest.raises(ResourceError, match="DBSubnetGroup has no snapshots"):
        stack.registry.provider_of(SUBNETS).snapshot(request, Resource(physical_id="a"))
