"""Properties are checked and compared as CloudFormation does."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.resources.provider import ResourceError
from localcloud.resources.registry import EMULATED
from localcloud.resources.schemas import ResourceSchema


def schema(resource_type: str) -> ResourceSchema:
    return ResourceSchema.of(resource_type, "us-west-2")


def refusal(resource_type: str, **properties: Any) -> str:
    with pytest.raises(ResourceError) as caught:
        schema(resource_type).check("Thing", properties)
    return str(caught.value)


def test_a_type_that_the_registry_does_not_have_is_unrecognized() -> None:
    with pytest.raises(ResourceError, match=r"Unrecognized resource types: \[AWS::Foo::Bar\]"):
        schema("AWS::Foo::Bar")


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"CidrBlock": "10.0.0.0/16", "Foo": 1}, "[#: extraneous key [Foo] is not permitted]"),
        ({}, "exactly one of the keys ['CidrBlock', 'Ipv4IpamPoolId'] is required"),
        (
            {"CidrBlock": "10.0.0.0/16", "EnableDnsSupport": "yes"},
            "[#/EnableDnsSupport: expected type: Boolean, found: String]",
        ),
        (
            {"CidrBlock": "10.0.0.0/16", "Tags": {"Name": "x"}},
            "[#/Tags: expected type: JSONArray, found: JSONObject]",
        ),
        (
            {"CidrBlock": "10.0.0.0/16", "VpcId": "vpc-1"},
            "[#/VpcId: read-only property cannot be specified]",
        ),
        (
            {"Ipv4IpamPoolId": "ipam-pool-1"},
            "[#: required key [Ipv4NetmaskLength] not found: [Ipv4IpamPoolId] needs it]",
        ),
    ],
)
def test_what_a_vpc_cannot_be_is_refused_with_its_path(
    properties: dict[str, Any], text: str
) -> None:
    message = refusal("AWS::EC2::VPC", **properties)
    assert message.startswith("Properties validation failed for resource Thing with message: [#")
    assert text in message


def test_all_that_is_wrong_is_named_at_once() -> None:
    message = refusal("AWS::Lambda::Function", Code={"ZipFile": "x"}, MemorySize="much", Foo=1)
    for text in ("required key [Role]", "#/MemorySize: expected type: Integer", "key [Foo]"):
        assert text in message


def test_keys_that_exclude_each_other_are_refused_together() -> None:
    zones = {"AvailabilityZone": "us-west-2a", "AvailabilityZoneId": "usw2-az1"}
    message = refusal("AWS::EC2::Subnet", VpcId="vpc-1", CidrBlock="10.0.0.0/24", **zones)
    assert "exclude each other" in message


@pytest.mark.parametrize(
    ("properties", "text"),
    [
        ({"VersioningConfiguration": {"Status": "On"}}, "On is not a valid enum value"),
        ({"BucketName": "x"}, "#/BucketName"),
        (
            {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", "Days": 3}]}},
            "[#/LifecycleConfiguration/Rules/0: extraneous key [Days] is not permitted]",
        ),
    ],
)
def test_nested_values_are_checked_too(properties: dict[str, Any], text: str) -> None:
    assert text in refusal("AWS::S3::Bucket", **properties)


@pytest.mark.parametrize("days", [30, "30", 30.0])
def test_scalars_are_converted_where_the_schema_says_so(days: object) -> None:
    rule = {"Status": "Enabled", "ExpirationInDays": days}
    lock = {"BlockPublicAcls": "true", "BlockPublicPolicy": False}
    schema("AWS::S3::Bucket").check(
        "Thing",
        {
            "LifecycleConfiguration": {"Rules": [rule]},
            "PublicAccessBlockConfiguration": lock,
            "Tags": [{"Key": "count", "Value": 3}],
        },
    )


def test_numbers_out_of_range_are_refused_even_as_text() -> None:
    function = {"Code": {"ZipFile": "x"}, "Role": "arn:aws:iam::123456789012:role/r"}
    assert "#/Timeout" in refusal("AWS::Lambda::Function", **function, Timeout="0")


def test_a_changed_create_only_property_makes_a_new_resource() -> None:
    vpc = schema("AWS::EC2::VPC")
    assert vpc.replaced_by({"CidrBlock": "10.0.0.0/16"}, {"CidrBlock": "10.1.0.0/16"}) == [
        "CidrBlock"
    ]
    assert vpc.replaced_by({"EnableDnsSupport": True}, {"EnableDnsSupport": False}) == []


def test_a_conversion_is_no_change() -> None:
    group = schema("AWS::EKS::Nodegroup")
    assert group.replaced_by({"DiskSize": 20}, {"DiskSize": "20"}) == []
    assert group.replaced_by({"DiskSize": 20}, {"DiskSize": "30"}) == ["DiskSize"]


def test_nested_create_only_properties_count_too() -> None:
    cluster = schema("AWS::EKS::Cluster")
    old = {"AccessConfig": {"BootstrapClusterCreatorAdminPermissions": False}}
    new = {"AccessConfig": {**old["AccessConfig"], "AuthenticationMode": "API"}}
    assert cluster.replaced_by(old, new) == []
    assert cluster.replaced_by(old, {}) == ["AccessConfig.BootstrapClusterCreatorAdminPermissions"]


def test_create_only_properties_in_lists_count_too() -> None:
    listed = ResourceSchema(
        "Test::Listed::Type", {"createOnlyProperties": ["/properties/Items/*/Name"]}
    )
    old = {"Items": [{"Name": "a", "Size": 1}, {"Name": "b"}]}
    assert listed.replaced_by(old, {"Items": [{"Name": "a", "Size": 2}, {"Name": "b"}]}) == []
    assert listed.replaced_by(old, {"Items": [{"Name": "a"}]}) == ["Items.*.Name"]


def test_a_schema_says_what_identifies_and_what_is_given_back() -> None:
    bucket = schema("AWS::S3::Bucket")
    assert bucket.primary_identifier == ["BucketName"]
    assert {"Arn", "RegionalDomainName"} <= set(bucket.read_only)
    assert "VersioningConfiguration" in bucket.properties


def test_what_is_replaced_is_what_cloudformations_reference_says(project: Path) -> None:
    """Schemas of types without handlers do not say it all; the CDK CLI carries the reference."""
    text = gzip.decompress((project / "node_modules/aws-cdk/db.json.gz").read_bytes())
    database = json.loads(text)["schema"]
    types = {each["$id"]: each for each in database["typeDefinition"]["entities"]}
    reference = {
        each["cloudFormationType"]: replacing(each["properties"], types, (), "")
        for each in database["resource"]["entities"]
        if each["cloudFormationType"] in EMULATED
    }
    without_handlers = [name for name in EMULATED if not schema(name).document.get("handlers")]

    missing = {
        name: found
        for name in without_handlers
        if (found := sorted(set(reference[name]) - set(schema(name).create_only)))
    }

    # Of the other kinds of file systems there is none here.
    others = ("OntapConfiguration.", "OpenZFSConfiguration.", "WindowsConfiguration.")
    assert {
        name: left
        for name, found in missing.items()
        if (left := [each for each in found if not each.startswith(others)])
    } == {}


def replacing(
    properties: dict[str, Any], types: dict[str, Any], seen: tuple[str, ...], path: str
) -> list[str]:
    """The properties that make a new resource necessary, in the form of the CDK CLI's data."""
    found = []
    for name, entry in properties.items():
        if entry.get("causesReplacement") == "yes":
            found.append(f"{path}{name}")
        kind = entry["type"]
        while kind.get("type") in {"array", "map"}:
            kind = kind["element"]
        below = kind["reference"]["$ref"] if kind.get("type") == "ref" else None
        if below and below not in seen:
            inner = types[below]["properties"]
            found += replacing(inner, types, (*seen, below), f"{path}{name}.")
    return found
