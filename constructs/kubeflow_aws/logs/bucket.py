"""A bucket for logs that an AWS service delivers."""

from __future__ import annotations

from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge

NIST: Final = {
    "S3BucketLoggingEnabled": "This bucket holds logs itself; one more for who reads them would "
    "need another.",
    "S3BucketReplicationEnabled": "Logs of one region, which end after a year; an organization "
    "that must keep them elsewhere replicates them by a rule of its own.",
    "S3BucketVersioningEnabled": "A log is delivered once under a name of its own and never "
    "written again.",
    "S3DefaultEncryptionKMS": "The services that deliver here take no bucket with a KMS key; S3 "
    "encrypts with its own.",
}
"""What NIST 800-53 r5 asks of buckets that hold no logs."""


def log_bucket(scope: Construct, construct_id: str, *, production: bool) -> s3.Bucket:
    """A private bucket whose objects go after a year in production, after a month otherwise.

    Encrypted by S3 itself: neither Elastic Load Balancing nor S3 delivers to a bucket with a KMS
    key (User Guide for Application Load Balancers, "Enable access logs"; S3 User Guide, "Enabling
    Amazon S3 server access logging"). Its policy must let in who delivers.

    Args:
        scope: Where the bucket is created.
        construct_id: Its id.
        production: Whether it outlives the stack.
    """
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.S3_MANAGED,
        enforce_ssl=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=cdk.Duration.days(365 if production else 30),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
            )
        ],
        removal_policy=cdk.RemovalPolicy.RETAIN if production else cdk.RemovalPolicy.DESTROY,
        auto_delete_objects=not production,
    )
    acknowledge(
        bucket,
        finding="AwsSolutions-S1",
        reason="This bucket holds logs itself; one more for who reads them would need another.",
    )
    for rule, reason in NIST.items():
        acknowledge(bucket, finding=f"NIST.800.53.R5-{rule}", reason=reason)
    return bucket


def admit_access_logs(bucket: s3.Bucket) -> None:
    """Let S3 deliver the access logs of this account's buckets to a bucket of logs."""
    bucket.add_to_resource_policy(
        iam.PolicyStatement(
            sid="S3DeliversAccessLogs",
            principals=[iam.ServicePrincipal("logging.s3.amazonaws.com")],
            actions=["s3:PutObject"],
            resources=[bucket.arn_for_objects("*")],
            conditions={"StringEquals": {"aws:SourceAccount": cdk.Stack.of(bucket).account}},
        )
    )


def log_access(bucket: s3.Bucket, access_logs: s3.Bucket, *, prefix: str | None = None) -> None:
    """Keep a bucket's access logs in another, which `admit_access_logs` has prepared.

    Without the L2's option, whose policy would name this bucket, and so come after it. The logs
    must be emptied after this bucket is gone, or its last requests would be in them again and keep
    them from being deleted.

    Args:
        bucket: The bucket.
        access_logs: Bucket of the logs.
        prefix: Begins the names of the logs.
    """
    resource = cast("s3.CfnBucket", bucket.node.default_child)
    resource.logging_configuration = s3.CfnBucket.LoggingConfigurationProperty(
        destination_bucket_name=access_logs.bucket_name, log_file_prefix=prefix
    )
    bucket.node.add_dependency(access_logs)
