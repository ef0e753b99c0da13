"""Users, providers, resource servers and web ACLs, as the APIs show them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.resources.provider import Resource
from tests.localcloud.resources.stack import Stack

POOL = "AWS::Cognito::UserPool"
USER = "AWS::Cognito::UserPoolUser"
PROVIDER = "AWS::Cognito::UserPoolIdentityProvider"
SERVER = "AWS::Cognito::UserPoolResourceServer"
ACL = "AWS::WAFv2::WebACL"
LOGGING = "AWS::WAFv2::LoggingConfiguration"
VISIBILITY = {
    "CloudWatchMetricsEnabled": True,
    "MetricName": "acl",
    "SampledRequestsEnabled": False,
}


@pytest.fixture
def pool(stack: Stack) -> Resource:
    return stack.create(POOL, UserPoolName="p", UsernameAttributes=["email"])


def users(stack: Stack, pool: Resource) -> list[dict[str, str]]:
    found = stack.client("cognito-idp").list_users(UserPoolId=pool.physical_id)["Users"]
    return [{each["Name"]: each["Value"] for each in user["Attributes"]} for user in found]


def test_a_user_is_in_the_pool_with_a_verified_address(stack: Stack, pool: Resource) -> None:
    properties: dict[str, Any] = {
        "UserPoolId": pool.physical_id,
        "Username": "alice@example.com",
        "DesiredDeliveryMediums": ["EMAIL"],
        "UserAttributes": [
            {"Name": "email", "Value": "alice@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ],
    }
    made = stack.create(USER, **properties)

    [user] = users(stack, pool)
    assert (user["email"], user["email_verified"]) == ("alice@example.com", "true")
    assert made.physical_id == "alice@example.com"
    stack.delete(USER, made, **properties)
    stack.delete(USER, made, **properties)
    assert users(stack, pool) == []


def test_a_provider_keeps_its_details(stack: Stack, pool: Resource) -> None:
    old: dict[str, Any] = {
        "UserPoolId": pool.physical_id,
        "ProviderName": "Google",
        "ProviderType": "Google",
        "ProviderDetails": {"client_id": "a", "client_secret": "s", "authorize_scopes": "openid"},
        "AttributeMapping": {"email": "email"},
    }
    made = stack.create(PROVIDER, **old)
    new = {**old, "ProviderDetails": {**old["ProviderDetails"], "client_id": "b"}}
    stack.update(PROVIDER, made, old, **new)

    client = stack.client("cognito-idp")
    shown = client.describe_identity_provider(UserPoolId=pool.physical_id, ProviderName="Google")
    assert shown["IdentityProvider"]["ProviderDetails"]["client_id"] == "b"
    stack.delete(PROVIDER, made, **new)
    stack.delete(PROVIDER, made, **new)
    found = client.list_identity_providers(UserPoolId=pool.physical_id, MaxResults=10)
    assert found["Providers"] == []


def test_a_resource_server_has_scopes(stack: Stack, pool: Resource) -> None:
    scope = {"ScopeName": "ci", "ScopeDescription": "Act as ci"}
    stack.create(
        SERVER,
        UserPoolId=pool.physical_id,
        Identifier="kubeflow",
        Name="Kubeflow",
        Scopes=[scope],
    )

    shown = stack.client("cognito-idp").describe_resource_server(
        UserPoolId=pool.physical_id, Identifier="kubeflow"
    )
    assert shown["ResourceServer"]["Scopes"] == [scope]


def test_a_web_acl_follows_its_template_and_logs(stack: Stack) -> None:
    old: dict[str, Any] = {
        "Scope": "REGIONAL",
        "DefaultAction": {"Allow": {}},
        "VisibilityConfig": VISIBILITY,
        "Rules": [],
    }
    rule = {
        "Name": "RateLimit",
        "Priority": 0,
        "Action": {"Block": {}},
        "Statement": {"RateBasedStatement": {"AggregateKeyType": "IP", "Limit": 1000}},
        "VisibilityConfig": VISIBILITY,
    }
    made = stack.create(ACL, **old)
    new = {**old, "Rules": [rule]}
    stack.update(ACL, made, old, **new)
    arn = made.attributes["Arn"]
    logs = {
        "ResourceArn": arn,
        "LogDestinationConfigs": ["arn:aws:logs:us-west-2:123456789012:log-group:aws-waf-logs-x"],
        "RedactedFields": [{"SingleHeader": {"Name": "cookie"}}],
    }
    logging = stack.create(LOGGING, **logs)

    client = stack.client("wafv2")
    name, acl_id, scope = made.physical_id.split("|")
    shown = client.get_web_acl(Name=name, Id=acl_id, Scope=scope)["WebACL"]
    assert [each["Name"] for each in shown["Rules"]] == ["RateLimit"]
    kept = client.get_logging_configuration(ResourceArn=arn)["LoggingConfiguration"]
    assert kept["LogDestinationConfigs"] == logs["LogDestinationConfigs"]
    stack.delete(LOGGING, logging, **logs)
    stack.delete(ACL, made, **new)
    stack.delete(ACL, made, **new)
    assert client.list_web_acls(Scope="REGIONAL")["WebACLs"] == []
