"""Buckets have the settings of their templates."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.localcloud.resources.stack import Stack

BUCKET = "AWS::S3::Bucket"


def lifecycle(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"LifecycleConfiguration": {"Rules": [{"Status": "Enabled", **rule} for rule in rules]}}


def rules(stack: Stack, bucket: str) -> list[dict[str, Any]]:
    answer = stack.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)
    return list(answer["Rules"])


def test_a_bucket_is_made_in_its_region_with_a_name_of_its_own(stack: Stack) -> None:
    bucket = stack.create(BUCKET)
    location = stack.client("s3").get_bucket_location(Bucket=bucket.physical_id)
    assert location["LocationConstraint"] == "us-west-2"
    assert bucket.physical_id.startswith("test-thing-")
    assert bucket.attributes["Arn"] == f"arn:aws:s3:::{bucket.physical_id}"
    assert bucket.attributes["RegionalDomainName"].endswith(".s3.us-west-2.amazonaws.com")


def test_a_bucket_is_versioned_encrypted_and_private(stack: Stack) -> None:
    key = stack.create("AWS::KMS::Key").physical_id
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    encryption = [{"ServerSideEncryptionByDefault": default, "BucketKeyEnabled": "true"}]
    blocks = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    properties = {
        "AccessControl": "Private",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": encryption},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": dict.fromkeys(blocks, "true"),
        "VersioningConfiguration": {"Status": "Enabled"},
    }
    bucket = stack.create(BUCKET, **properties)
    client, name = stack.client("s3"), {"Bucket": bucket.physical_id}
    assert client.get_bucket_versioning(**name)["Status"] == "Enabled"
    rule = client.get_bucket_encryption(**name)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"] == default
    assert rule["BucketKeyEnabled"] is True
    block = client.get_public_access_block(**name)["PublicAccessBlockConfiguration"]
    assert block == dict.fromkeys(blocks, True)
    owner = client.get_bucket_ownership_controls(**name)["OwnershipControls"]["Rules"]
    assert owner == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    stack.update(BUCKET, bucket, properties)
    assert client.get_bucket_versioning(**name)["Status"] == "Suspended"
    with pytest.raises(ClientError, match="NoSuchPublicAccessBlockConfiguration"):
        client.get_public_access_block(**name)


def test_lifecycle_rules_are_translated(stack: Stack) -> None:
    old = lifecycle(
        {"Id": "old", "NoncurrentVersionExpiration": {"NoncurrentDays": "30"}},
        {"Id": "parts", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        {
            "Id": "logs",
            "Prefix": "logs/",
            "ExpirationInDays": 90,
            "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": "7"}],
        },
    )
    bucket = stack.create(BUCKET, **old)
    shown = {rule["ID"]: rule for rule in rules(stack, bucket.physical_id)}
    assert shown["old"]["NoncurrentVersionExpiration"] == {"NoncurrentDays": 30}
    assert shown["parts"]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}
    assert shown["logs"]["Expiration"]["Days"] == 90
    assert shown["logs"]["Filter"] == {"Prefix": "logs/"}
    assert shown["logs"]["Transitions"] == [{"Days": 7, "StorageClass": "GLACIER"}]
    stack.update(BUCKET, bucket, old)
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        rules(stack, bucket.physical_id)


def test_a_lifecycle_rule_may_have_several_conditions(stack: Stack) -> None:
    tags = [{"Key": "kind", "Value": "tmp"}]
    rule = {"ExpirationInDays": 1, "Prefix": "a/", "TagFilters": tags}
    shown = rules(stack, stack.create(BUCKET, **lifecycle(rule)).physical_id)[0]
    assert shown["Filter"] == {"And": {"Prefix": "a/", "Tags": tags}}


def test_a_bucket_notifies_a_queue_and_answers_other_origins(stack: Stack) -> None:
    sqs = stack.client("sqs")
    url = sqs.create_queue(QueueName="uploads")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
    key = {"S3Key": {"Rules": [{"Name": "prefix", "Value": "in/"}]}}
    queue = {"Event": "s3:ObjectCreated:*", "Queue": arn["QueueArn"], "Filter": key}
    cors = {"AllowedMethods": ["GET"], "AllowedOrigins": ["*"], "MaxAge": "60"}
    bucket = stack.create(
        BUCKET,
        CorsConfiguration={"CorsRules": [cors]},
        NotificationConfiguration={"QueueConfigurations": [queue]},
    )
    client, name = stack.client("s3"), {"Bucket": bucket.physical_id}
    shown = client.get_bucket_notification_configuration(**name)["QueueConfigurations"][0]
    assert (shown["QueueArn"], shown["Events"]) == (arn["QueueArn"], ["s3:ObjectCreated:*"])
    assert client.get_bucket_cors(**name)["CORSRules"][0]["MaxAgeSeconds"] == 60


def test_tags_of_a_bucket_are_replaced(stack: Stack) -> None:
    old = {"Tags": [{"Key": "a", "Value": "b"}]}
    bucket = stack.create(BUCKET, **old)
    stack.update(BUCKET, bucket, old, Tags=[{"Key": "c", "Value": "d"}])
    shown = stack.client("s3").get_bucket_tagging(Bucket=bucket.physical_id)["TagSet"]
    assert shown == [{"Key": "c", "Value": "d"}]


def test_a_bucket_that_is_not_empty_stays(stack: Stack) -> None:
    bucket = stack.create(BUCKET)
    client = stack.client("s3")
    client.put_object(Bucket=bucket.physical_id, Key="x", Body=b"y")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        stack.delete(BUCKET, bucket)
    client.delete_object(Bucket=bucket.physical_id, Key="x")
    stack.delete(BUCKET, bucket)
    stack.delete(BUCKET, bucket)
    with pytest.raises(ClientError, match="404"):
        client.head_bucket(Bucket=bucket.physical_id)


def test_a_bucket_policy_is_put_and_taken_away(stack: Stack) -> None:
    kind, bucket = "AWS::S3::BucketPolicy", stack.create(BUCKET)
    over_tls = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"{bucket.attributes['Arn']}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    properties = {
        "Bucket": bucket.physical_id,
        "PolicyDocument": {"Version": "2012-10-17", "Statement": [over_tls]},
    }
    policy = stack.create(kind, **properties)
    client = stack.client("s3")
    assert "SecureTransport" in client.get_bucket_policy(Bucket=bucket.physical_id)["Policy"]
    stack.delete(kind, policy, **properties)
    stack.delete(kind, policy, **properties)
    with pytest.raises(ClientError, match="NoSuchBucketPolicy"):
        client.get_bucket_policy(Bucket=bucket.physical_id)
