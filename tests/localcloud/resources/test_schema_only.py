"""Types that are only checked and kept."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.resources.provider import Resource, ResourceError
from tests.localcloud.resources.stack import Stack

CONNECTION = "AWS::CodeConnections::Connection"
ROTATION = "AWS::SecretsManager::RotationSchedule"


def test_an_arn_that_identifies_is_the_physical_id(stack: Stack) -> None:
    connection = stack.create(CONNECTION, ConnectionName="git", ProviderType="GitHub")
    assert connection.physical_id.startswith(
        "arn:aws:codeconnections:us-west-2:123456789012:connection/"
    )
    assert connection.attributes["ConnectionArn"] == connection.physical_id


def test_declared_attributes_have_values_and_no_other(stack: Stack) -> None:
    connection = stack.create(CONNECTION, ConnectionName="git", ProviderType="GitHub")
    assert connection.attributes.keys() == {"ConnectionArn", "ConnectionStatus", "OwnerAccountId"}


def test_ids_are_the_same_each_time_but_not_for_another_resource(stack: Stack) -> None:
    request = stack.request(CONNECTION, {"ConnectionName": "git"}, name="One")
    provider = stack.registry.provider_of(CONNECTION)
    one = provider.create(request)
    assert provider.create(request) == one
    assert provider.create(replace(request, logical_id="Other")).physical_id != one.physical_id
    renamed = replace(request, properties={"ConnectionName": "other"})
    assert provider.create(renamed).physical_id != one.physical_id


def test_an_update_keeps_the_resource(stack: Stack) -> None:
    old = {"ConnectionName": "git"}
    connection = stack.create(CONNECTION, **old)
    tags = [{"Key": "a", "Value": "b"}]
    assert stack.update(CONNECTION, connection, old, **old, Tags=tags) == connection


def test_deleting_what_was_never_there_is_fine(stack: Stack) -> None:
    stack.delete(CONNECTION, Resource(physical_id="none"))


def test_the_schema_is_checked_here_too(stack: Stack) -> None:
    with pytest.raises(ResourceError, match=r"required key \[SecretId\] not found"):
        stack.create(ROTATION, RotationLambdaARN="arn:aws:lambda:us-west-2:123456789012:function:f")
