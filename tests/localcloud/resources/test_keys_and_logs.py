"""Keys, log groups, parameters, image repositories."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.resources.stack import Stack

KEY = "AWS::KMS::Key"
LOG_GROUP = "AWS::Logs::LogGroup"
PARAMETER = "AWS::SSM::Parameter"
REPOSITORY = "AWS::ECR::Repository"


def policy(service: str, action: str) -> dict[str, Any]:
    statement = {
        "Sid": "One",
        "Effect": "Allow",
        "Action": f"{service}:{action}",
        "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    }
    resource = {"Resource": "*"} if service == "kms" else {}
    return {"Version": "2012-10-17", "Statement": [{**statement, **resource}]}


def test_a_key_has_its_policy_and_rotation(stack: Stack) -> None:
    old = {"KeyPolicy": policy("kms", "*"), "EnableKeyRotation": "true"}
    key = stack.create(KEY, **old)
    client, name = stack.client("kms"), key.physical_id
    assert client.get_key_rotation_status(KeyId=name)["KeyRotationEnabled"]
    new = {"KeyPolicy": policy("kms", "Decrypt"), "Description": "Ours", "Enabled": False}
    stack.update(KEY, key, old, **new)
    shown = json.loads(client.get_key_policy(KeyId=name, PolicyName="default")["Policy"])
    assert shown["Statement"][0]["Action"] == "kms:Decrypt"
    about = client.describe_key(KeyId=name)["KeyMetadata"]
    assert (about["Description"], about["Enabled"]) == ("Ours", False)


def test_a_deleted_key_waits_for_its_window(stack: Stack) -> None:
    key = stack.create(KEY, PendingWindowInDays=7)
    stack.delete(KEY, key, PendingWindowInDays=7)
    state = stack.client("kms").describe_key(KeyId=key.physical_id)["KeyMetadata"]["KeyState"]
    assert state == "PendingDeletion"


def test_an_alias_moves_to_another_key_and_goes(stack: Stack) -> None:
    kind, (one, two) = "AWS::KMS::Alias", (stack.create(KEY).physical_id for _ in range(2))
    old = {"AliasName": "alias/moving", "TargetKeyId": one}
    alias = stack.create(kind, **old)
    new = {**old, "TargetKeyId": two}
    stack.update(kind, alias, old, **new)

    def target() -> str | None:
        aliases = stack.client("kms").list_aliases()["Aliases"]
        found = {item["AliasName"]: item.get("TargetKeyId") for item in aliases}
        return found.get("alias/moving")

    assert target() == two
    stack.delete(kind, alias, **new)
    stack.delete(kind, alias, **new)
    assert target() is None


def test_a_log_group_has_retention_key_and_tags(stack: Stack) -> None:
    key = stack.create(KEY).attributes["Arn"]
    name = {"LogGroupName": "/kubeflow/audit"}
    old = {**name, "RetentionInDays": "30", "Tags": [{"Key": "a", "Value": "b"}]}
    group = stack.create(LOG_GROUP, **old)
    client = stack.client("logs")

    def shown() -> dict[str, Any]:
        found = client.describe_log_groups(logGroupNamePrefix="/kubeflow/audit")["logGroups"]
        return dict(found[0]) if found else {}

    assert shown()["retentionInDays"] == 30
    assert group.attributes["Arn"] == shown()["arn"]
    assert client.list_tags_log_group(logGroupName="/kubeflow/audit")["tags"] == {"a": "b"}
    stack.update(LOG_GROUP, group, old, **name, KmsKeyId=key)
    assert "retentionInDays" not in shown()
    assert shown()["kmsKeyId"] == key
    assert client.list_tags_log_group(logGroupName="/kubeflow/audit")["tags"] == {}
    stack.delete(LOG_GROUP, group, **name)
    stack.delete(LOG_GROUP, group, **name)
    assert shown() == {}


def test_a_retention_that_logs_do_not_have_is_refused(stack: Stack) -> None:
    with pytest.raises(Exception, match="31 is not a valid enum value"):
        stack.create(LOG_GROUP, RetentionInDays=31)


def test_a_parameter_has_its_new_value(stack: Stack) -> None:
    old = {"Name": "/kubeflow/version", "Type": "String", "Value": "1"}
    parameter = stack.create(PARAMETER, **old)
    parameter = stack.update(PARAMETER, parameter, old, **{**old, "Value": 2})
    client = stack.client("ssm")
    shown = client.get_parameter(Name="/kubeflow/version")["Parameter"]
    assert shown["Value"] == "2"
    assert parameter.attributes["Arn"] == shown["ARN"]
    stack.delete(PARAMETER, parameter)
    stack.delete(PARAMETER, parameter)
    with pytest.raises(ClientError, match="ParameterNotFound"):
        client.get_parameter(Name="/kubeflow/version")


def test_a_parameter_that_exists_is_not_taken_over(stack: Stack) -> None:
    stack.create(PARAMETER, Name="/taken", Type="String", Value="1")
    with pytest.raises(ClientError, match="ParameterAlreadyExists"):
        stack.create(PARAMETER, Name="/taken", Type="String", Value="2")


def test_a_repository_has_its_policies(stack: Stack) -> None:
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "untagged", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"},
    }
    fixed = {"RepositoryName": "kubeflow/images"}
    old = {
        **fixed,
        "ImageTagMutability": "IMMUTABLE",
        "ImageScanningConfiguration": {"ScanOnPush": "true"},
        "LifecyclePolicy": {"LifecyclePolicyText": json.dumps({"rules": [rule]})},
        "RepositoryPolicyText": policy("ecr", "BatchGetImage"),
    }
    repository = stack.create(REPOSITORY, **old)
    client, name = stack.client("ecr"), {"repositoryName": "kubeflow/images"}
    shown = client.describe_repositories(repositoryNames=["kubeflow/images"])["repositories"][0]
    assert shown["imageTagMutability"] == "IMMUTABLE"
    assert shown["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository.attributes["RepositoryUri"] == shown["repositoryUri"]
    assert "BatchGetImage" in client.get_repository_policy(**name)["policyText"]
    assert "imageCountMoreThan" in client.get_lifecycle_policy(**name)["lifecyclePolicyText"]
    stack.update(REPOSITORY, repository, old, **fixed)
    with pytest.raises(ClientError, match="LifecyclePolicyNotFound"):
        client.get_lifecycle_policy(**name)
    with pytest.raises(ClientError, match="RepositoryPolicyNotFound"):
        client.get_repository_policy(**name)
    stack.delete(REPOSITORY, repository, **fixed)
    stack.delete(REPOSITORY, repository, **fixed)
    with pytest.raises(ClientError, match="RepositoryNotFound"):
        client.describe_repositories(repositoryNames=["kubeflow/images"])


def test_a_log_group_is_found_by_its_name(stack: Stack) -> None:
    name = {"LogGroupName": "/kubeflow/audit"}
    provider, request = stack.registry.provider_of(LOG_GROUP), stack.request(LOG_GROUP, name)
    assert provider.find_existing(request) is None

    group = stack.create(LOG_GROUP, **name)

    assert provider.find_existing(request) == group
