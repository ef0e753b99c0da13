"""Zones, certificates and user pools: what stands in front of a website."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from localcloud.resources.provider import CancelledError, Resource, ResourceError
from tests.localcloud.resources.stack import Stack

ZONE = "AWS::Route53::HostedZone"
RECORD = "AWS::Route53::RecordSet"
CERTIFICATE = "AWS::CertificateManager::Certificate"
POOL = "AWS::Cognito::UserPool"
CLIENT = "AWS::Cognito::UserPoolClient"
DOMAIN = "AWS::Cognito::UserPoolDomain"


@pytest.fixture
def zone(stack: Stack) -> Resource:
    return stack.create(ZONE, Name="example.com.")


def records(stack: Stack, zone: Resource) -> dict[str, Any]:
    answer = stack.client("route53").list_resource_record_sets(HostedZoneId=zone.physical_id)
    found = answer["ResourceRecordSets"]
    return {item["Name"]: item for item in found if item["Type"] not in ("NS", "SOA")}


def test_a_zone_has_name_servers_and_tags(stack: Stack) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    made = stack.create(ZONE, Name="tagged.example.com", HostedZoneTags=tags)
    assert len(made.attributes["NameServers"]) == 4
    found = stack.client("route53").list_tags_for_resource(
        ResourceType="hostedzone", ResourceId=made.physical_id
    )
    assert found["ResourceTagSet"]["Tags"] == tags


def test_a_record_follows_its_template(stack: Stack, zone: Resource) -> None:
    fixed = {"HostedZoneId": zone.physical_id, "Type": "CNAME"}
    old = {**fixed, "Name": "www.example.com.", "TTL": "60", "ResourceRecords": ["a.example.net"]}
    record = stack.create(RECORD, **old)
    assert records(stack, zone)["www.example.com."]["TTL"] == 60
    new = {**old, "TTL": 300, "ResourceRecords": ["b.example.net"]}
    stack.update(RECORD, record, old, **new)
    shown = records(stack, zone)["www.example.com."]
    assert (shown["TTL"], shown["ResourceRecords"]) == (300, [{"Value": "b.example.net"}])
    moved = {**new, "Name": "web.example.com."}
    stack.update(RECORD, record, new, **moved)
    assert records(stack, zone).keys() == {"web.example.com."}
    stack.delete(RECORD, record, **moved)
    stack.delete(RECORD, record, **moved)
    assert not records(stack, zone)


def test_an_alias_points_to_a_load_balancer(stack: Stack, zone: Resource) -> None:
    target = {"DNSName": "lb.us-west-2.elb.amazonaws.com", "HostedZoneId": "Z1H1FL5HABSF5"}
    alias = {"HostedZoneId": zone.physical_id, "Type": "A", "AliasTarget": target}
    stack.create(RECORD, **alias, Name="*.example.com.")
    (shown,) = records(stack, zone).values()
    assert shown["AliasTarget"]["DNSName"].rstrip(".") == target["DNSName"]


def test_a_record_that_was_there_before_can_be_made_again(stack: Stack, zone: Resource) -> None:
    target = {"DNSName": "a.elb.amazonaws.com", "HostedZoneId": "Z1H1FL5HABSF5"}
    fixed = {"HostedZoneId": zone.physical_id, "Type": "A", "AliasTarget": target}
    everything = {**fixed, "Name": "*.example.com."}
    stack.create(RECORD, **{**fixed, "Name": "www.example.com."})
    stack.delete(RECORD, stack.create(RECORD, **everything), **everything)

    stack.create(RECORD, **everything)

    assert len(records(stack, zone)) == 2
    with pytest.raises(ResourceError, match="but it already exists"):
        stack.create(RECORD, **everything)


def test_a_zone_with_records_stays(stack: Stack, zone: Resource) -> None:
    record = {
        "HostedZoneId": zone.physical_id,
        "Name": "x.example.com.",
        "ResourceRecords": ["192.0.2.1"],
        "TTL": 60,
        "Type": "A",
    }
    made = stack.create(RECORD, **record)
    with pytest.raises(ResourceError, match="HostedZoneNotEmpty"):
        stack.delete(ZONE, zone, Name="example.com.")
    stack.delete(RECORD, made, **record)
    stack.delete(ZONE, zone, Name="example.com.")
    stack.delete(ZONE, zone, Name="example.com.")
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        stack.client("route53").get_hosted_zone(Id=zone.physical_id)


def test_a_certificate_is_validated_through_its_zone(stack: Stack, zone: Resource) -> None:
    option = {"DomainName": "kubeflow.example.com", "HostedZoneId": zone.physical_id}
    properties = {
        "DomainName": "kubeflow.example.com",
        "DomainValidationOptions": [option],
        "ValidationMethod": "DNS",
    }
    certificate = stack.create(CERTIFICATE, **properties)
    client = stack.client("acm")
    about = client.describe_certificate(CertificateArn=certificate.physical_id)["Certificate"]
    assert about["Status"] == "ISSUED"
    wanted = about["DomainValidationOptions"][0]["ResourceRecord"]["Name"]
    assert [name.rstrip(".") for name in records(stack, zone)] == [wanted.rstrip(".")]
    stack.delete(CERTIFICATE, certificate, **properties)
    stack.delete(CERTIFICATE, certificate, **properties)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        client.describe_certificate(CertificateArn=certificate.physical_id)


def test_a_cancelled_certificate_is_left_for_the_rollback(stack: Stack) -> None:
    request = stack.request(
        CERTIFICATE, {"DomainName": "late.example.com", "ValidationMethod": "DNS"}
    )
    request.cancelled.set()
    with pytest.raises(CancelledError) as caught:
        stack.registry.provider_of(CERTIFICATE).create(request)
    assert caught.value.left is not None
    stack.delete(CERTIFICATE, caught.value.left)
    left = stack.client("acm").list_certificates()["CertificateSummaryList"]
    assert caught.value.left.physical_id not in [item["CertificateArn"] for item in left]


def test_a_user_pool_has_its_policies_and_second_factor(stack: Stack) -> None:
    password = {"PasswordPolicy": {"MinimumLength": "14", "RequireSymbols": "false"}}
    old = {
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": "true"},
        "EnabledMfas": ["SOFTWARE_TOKEN_MFA"],
        "MfaConfiguration": "ON",
        "Policies": password,
        "Schema": [{"Name": "email", "Required": "true", "Mutable": True}],
        "UserPoolTags": {"a": "b"},
        "UsernameAttributes": ["email"],
    }
    pool = stack.create(POOL, **old)
    client = stack.client("cognito-idp")

    def shown() -> Any:
        return client.describe_user_pool(UserPoolId=pool.physical_id)["UserPool"]

    assert shown()["Policies"]["PasswordPolicy"]["MinimumLength"] == 14
    assert shown()["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    factors = client.get_user_pool_mfa_config(UserPoolId=pool.physical_id)
    assert factors["MfaConfiguration"] == "ON"
    assert factors["SoftwareTokenMfaConfiguration"] == {"Enabled": True}
    assert pool.attributes["ProviderName"].endswith(pool.physical_id)
    new = {**old, "Policies": {"PasswordPolicy": {"MinimumLength": 20}}}
    stack.update(POOL, pool, old, **new)
    assert shown()["Policies"]["PasswordPolicy"]["MinimumLength"] == 20
    with pytest.raises(ResourceError, match="deletion protection"):
        stack.delete(POOL, pool, DeletionProtection="ACTIVE")
    stack.delete(POOL, pool, **new)
    stack.delete(POOL, pool, **new)
    with pytest.raises(ClientError, match="ResourceNotFound"):
        shown()


def test_a_client_has_a_secret_and_follows_its_template(stack: Stack) -> None:
    pool = stack.create(POOL).physical_id
    fixed = {"UserPoolId": pool, "GenerateSecret": "true"}
    old = {
        **fixed,
        "AllowedOAuthFlows": ["code"],
        "AllowedOAuthFlowsUserPoolClient": "true",
        "AllowedOAuthScopes": ["openid", "email"],
        "CallbackURLs": ["https://a.example.com/callback"],
        "IdTokenValidity": "60",
        "TokenValidityUnits": {"IdToken": "minutes"},
    }
    made = stack.create(CLIENT, **old)
    assert made.attributes["ClientSecret"]
    stack.update(CLIENT, made, old, **{**old, "CallbackURLs": ["https://b.example.com/callback"]})
    client = stack.client("cognito-idp")
    shown = client.describe_user_pool_client(UserPoolId=pool, ClientId=made.physical_id)
    assert shown["UserPoolClient"]["CallbackURLs"] == ["https://b.example.com/callback"]
    assert shown["UserPoolClient"]["IdTokenValidity"] == 60
    stack.delete(CLIENT, made, **old)
    stack.delete(CLIENT, made, **old)
    assert not client.list_user_pool_clients(UserPoolId=pool)["UserPoolClients"]


def test_a_pool_has_one_prefix_and_one_name_of_ones_own(stack: Stack) -> None:
    pool = stack.create(POOL).physical_id
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}
    prefix = {"Domain": "first", "UserPoolId": pool}
    domain = stack.create(DOMAIN, **prefix)
    with pytest.raises(ResourceError, match="already has a domain configured"):
        stack.create(DOMAIN, Domain="second", UserPoolId=pool)
    own = stack.create(
        DOMAIN, CustomDomainConfig=certificate, Domain="auth.example.com", UserPoolId=pool
    )
    assert own.physical_id == "auth.example.com"
    stack.delete(DOMAIN, domain, **prefix)
    with pytest.raises(ResourceError, match="already has a domain configured"):
        stack.create(
            DOMAIN, CustomDomainConfig=certificate, Domain="in.example.com", UserPoolId=pool
        )
    assert stack.create(DOMAIN, Domain="second", UserPoolId=pool).physical_id == "second"


def test_a_domain_of_a_pool_comes_and_goes(stack: Stack) -> None:
    pool = stack.create(POOL).physical_id
    certificate = {"CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/1"}
    properties = {
        "CustomDomainConfig": certificate,
        "Domain": "auth.example.com",
        "UserPoolId": pool,
    }
    domain = stack.create(DOMAIN, **properties)
    client = stack.client("cognito-idp")
    shown = client.describe_user_pool_domain(Domain="auth.example.com")["DomainDescription"]
    assert shown["UserPoolId"] == pool
    assert domain.attributes["CloudFrontDistribution"].endswith(".cloudfront.net")
    stack.delete(DOMAIN, domain, **properties)
    stack.delete(DOMAIN, domain, **properties)
    assert not client.describe_user_pool_domain(Domain="auth.example.com")["DomainDescription"]
