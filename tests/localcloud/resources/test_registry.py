"""Which types there are, and that nothing passes as emulated that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.resources.provider import Resource, ResourceError
from localcloud.resources.registry import SCHEMA_ONLY
from localcloud.resources.schemas import ResourceSchema
from tests.localcloud.resources.stack import Stack

# What the application and the CDK's bootstrap template are made of.
APPLICATION = {
    "EC2": "EIP FlowLog InternetGateway LaunchTemplate NatGateway Route RouteTable SecurityGroup "
    "Subnet SubnetRouteTableAssociation VPC VPCEndpoint VPCGatewayAttachment",
    "ECR": "Repository",
    "EKS": "AccessEntry Addon Cluster Nodegroup PodIdentityAssociation",
    "IAM": "ManagedPolicy OIDCProvider Policy Role",
    "KMS": "Alias Key",
    "Lambda": "Function LayerVersion",
    "Logs": "LogGroup",
    "S3": "Bucket BucketPolicy",
    "SSM": "Parameter",
}


@pytest.mark.parametrize("service", APPLICATION)
def test_every_type_of_the_application_is_emulated(stack: Stack, service: str) -> None:
    names = {f"AWS::{service}::{name}" for name in APPLICATION[service].split()}
    assert names <= stack.registry.emulated.keys()


def test_no_type_is_both_emulated_and_only_checked(stack: Stack) -> None:
    assert not SCHEMA_ONLY.keys() & stack.registry.emulated.keys()


def test_an_unknown_type_is_refused_with_the_way_out(stack: Stack) -> None:
    with pytest.raises(ResourceError, match=r"does not know AWS::Batch::JobQueue; add a provider"):
        stack.registry.provider_of("AWS::Batch::JobQueue")


def test_a_property_without_emulation_is_refused(stack: Stack) -> None:
    request = stack.request(
        "AWS::S3::Bucket", {"AccelerateConfiguration": {"AccelerationStatus": "Enabled"}}
    )
    with pytest.raises(ResourceError) as caught:
        stack.registry.check(request)
    assert str(caught.value) == (
        "property AccelerateConfiguration of AWS::S3::Bucket is not emulated by the local cloud"
    )


def test_the_schema_speaks_before_the_emulation(stack: Stack) -> None:
    request = stack.request("AWS::S3::Bucket", {"Nonsense": 1})
    with pytest.raises(ResourceError, match=r"extraneous key \[Nonsense\]"):
        stack.registry.check(request)


def test_replacement_is_decided_by_the_schema(stack: Stack) -> None:
    request = stack.request("AWS::S3::Bucket", {"BucketName": "new-name"})
    assert stack.registry.replaced_by(request, {"BucketName": "old-name"}) == ["BucketName"]
    assert stack.registry.replaced_by(request, request.properties) == []


def test_an_update_that_no_provider_knows_is_refused(stack: Stack) -> None:
    provider = stack.registry.provider_of("AWS::Lambda::Function")
    request = stack.request("AWS::Lambda::Function", {"TracingConfig": {"Mode": "Active"}})
    with pytest.raises(ResourceError, match="cannot update TracingConfig of AWS::Lambda::Function"):
        provider.update(
            request, Resource(physical_id="f"), replace(request, properties={}).properties
        )


def test_coverage_accounts_for_every_settable_property(stack: Stack) -> None:
    for item in stack.registry.coverage("us-west-2"):
        schema = ResourceSchema.of(item.resource_type, "us-west-2")
        known = item.applied | item.recorded | item.refused
        assert known == schema.properties - set(schema.read_only), item.resource_type
        assert not item.applied & item.recorded, item.resource_type
        assert item.emulated == (item.resource_type not in SCHEMA_ONLY)
