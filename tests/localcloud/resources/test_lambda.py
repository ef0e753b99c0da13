"""Functions have the code and the configuration of their templates."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import Resource
from tests.localcloud.resources.stack import Stack

FUNCTION = "AWS::Lambda::Function"
LAYER = "AWS::Lambda::LayerVersion"


def archive(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        package.writestr("index.py", text)
    return content.getvalue()


@pytest.fixture
def code(stack: Stack) -> dict[str, str]:
    bucket = stack.create("AWS::S3::Bucket").physical_id
    stack.client("s3").put_object(Bucket=bucket, Key="code.zip", Body=archive("x = 1"))
    return {"S3Bucket": bucket, "S3Key": "code.zip"}


@pytest.fixture
def fixed(stack: Stack) -> dict[str, Any]:
    principal = {"Service": "lambda.amazonaws.com"}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    trust = {"Version": "2012-10-17", "Statement": [statement]}
    role = stack.create("AWS::IAM::Role", AssumeRolePolicyDocument=trust)
    return {
        "Handler": "index.handler",
        "Role": role.attributes["Arn"],
        "Runtime": "python3.13",
        "Code": {"ZipFile": "def handler(event, context):\n    return 1\n"},
    }


def shown(stack: Stack, function: Resource) -> Any:
    return stack.client("lambda").get_function(FunctionName=function.physical_id)


def test_a_function_has_its_layers_and_settings(
    stack: Stack, fixed: dict[str, Any], code: dict[str, str]
) -> None:
    layer = stack.create(LAYER, Content=code, Description="Tools")
    function = stack.create(
        FUNCTION,
        **fixed,
        Environment={"Variables": {"DEPTH": 1}},
        Layers=[layer.physical_id],
        LoggingConfig={"LogGroup": "/kept"},
        MemorySize="1024",
        Timeout=900,
    )
    configuration = shown(stack, function)["Configuration"]
    assert [item["Arn"] for item in configuration["Layers"]] == [layer.physical_id]
    assert configuration["Environment"]["Variables"] == {"DEPTH": "1"}
    assert (configuration["MemorySize"], configuration["Timeout"]) == (1024, 900)
    assert function.attributes["Arn"] == configuration["FunctionArn"]


def test_inline_code_is_the_index_module(stack: Stack, fixed: dict[str, Any]) -> None:
    location = shown(stack, stack.create(FUNCTION, **fixed))["Code"]["Location"]
    assert location
    digest = shown(stack, stack.create(FUNCTION, **fixed))["Configuration"]["CodeSha256"]
    other = {**fixed, "Runtime": "nodejs24.x"}
    assert shown(stack, stack.create(FUNCTION, **other))["Configuration"]["CodeSha256"] != digest


def test_code_and_configuration_are_updated(
    stack: Stack, fixed: dict[str, Any], code: dict[str, str]
) -> None:
    old = {
        **fixed,
        "Environment": {"Variables": {"KEY": "a"}},
        "MemorySize": 256,
        "Tags": [{"Key": "a", "Value": "b"}],
        "ReservedConcurrentExecutions": 1,
    }
    function = stack.create(FUNCTION, **old)
    before = shown(stack, function)
    assert before["Concurrency"] == {"ReservedConcurrentExecutions": 1}
    stack.update(FUNCTION, function, old, **{**fixed, "Code": code}, Description="New")
    after = shown(stack, function)
    assert after["Configuration"]["CodeSha256"] != before["Configuration"]["CodeSha256"]
    assert after["Configuration"]["Description"] == "New"
    assert after["Configuration"]["MemorySize"] == 128
    assert not after["Configuration"].get("Environment", {}).get("Variables")
    assert not after.get("Tags")
    assert "Concurrency" not in after


def test_a_deleted_function_is_gone(stack: Stack, fixed: dict[str, Any]) -> None:
    function = stack.create(FUNCTION, **fixed)
    stack.delete(FUNCTION, function, **fixed)
    stack.delete(FUNCTION, function, **fixed)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        shown(stack, function)


def test_a_deleted_layer_is_gone(stack: Stack, code: dict[str, str]) -> None:
    layer = stack.create(LAYER, Content=code, LayerName="tools")
    stack.delete(LAYER, layer)
    stack.delete(LAYER, layer)
    assert not stack.client("lambda").list_layer_versions(LayerName="tools")["LayerVersions"]


def test_a_permission_is_a_statement_of_the_functions_policy(
    stack: Stack, fixed: dict[str, Any]
) -> None:
    function = stack.create(FUNCTION, **fixed)
    properties = {
        "Action": "lambda:InvokeFunction",
        "FunctionName": function.attributes["Arn"],
        "Principal": "s3.amazonaws.com",
        "SourceAccount": "123456789012",
    }
    permission = stack.create("AWS::Lambda::Permission", **properties)
    policy = stack.client("lambda").get_policy(FunctionName=function.physical_id)["Policy"]
    assert permission.physical_id in policy
    stack.delete("AWS::Lambda::Permission", permission, **properties)
    stack.delete("AWS::Lambda::Permission", permission, **properties)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        stack.client("lambda").get_policy(FunctionName=function.physical_id)


def test_an_alias_points_to_a_version_and_a_url_to_the_function(
    stack: Stack, fixed: dict[str, Any]
) -> None:
    function = stack.create(FUNCTION, **fixed)
    version = stack.create("AWS::Lambda::Version", FunctionName=function.physical_id)
    assert version.attributes["Version"] == "1"
    pointing = {
        "FunctionName": function.physical_id,
        "FunctionVersion": version.attributes["Version"],
        "Name": "live",
    }
    alias = stack.create("AWS::Lambda::Alias", **pointing)
    client = stack.client("lambda")
    found = client.get_alias(FunctionName=function.physical_id, Name="live")
    assert found["FunctionVersion"] == "1"
    stack.delete("AWS::Lambda::Alias", alias, **pointing)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.get_alias(FunctionName=function.physical_id, Name="live")
    open_to_all = {"TargetFunctionArn": function.attributes["Arn"], "AuthType": "NONE"}
    url = stack.create("AWS::Lambda::Url", **open_to_all)
    assert url.attributes["FunctionUrl"].startswith("https://")
    stack.delete("AWS::Lambda::Url", url, **open_to_all)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.get_function_url_config(FunctionName=function.physical_id)
