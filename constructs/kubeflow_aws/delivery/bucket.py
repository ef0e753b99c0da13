"""Buckets of the pipeline: what it passes on, what it caches, and its mirror of upstream."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kubeflow_aws.logs.bucket import log_access


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryBucketProps:
    """Inputs of `delivery_bucket`.

    Attributes:
        key: Encrypts the objects.
        access_logs: Bucket of the access logs, which S3 may deliver to.
        expires_after_days: When objects go; never if there is none.
    """

    key: kms.IKey
    access_logs: s3.Bucket
    expires_after_days: int | None = None


def delivery_bucket(
    scope: Construct, construct_id: str, *, props: DeliveryBucketProps
) -> s3.Bucket:
    """A private bucket that goes with the stack: everything in it can be made again."""
    expiration = props.expires_after_days and cdk.Duration.days(props.expires_after_days)
    bucket = s3.Bucket(
        scope,
        construct_id,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        encryption=s3.BucketEncryption.KMS,
        encryption_key=props.key,
        bucket_key_enabled=True,
        enforce_ssl=True,
        versioned=True,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=expiration or None,
                noncurrent_version_expiration=cdk.Duration.days(7),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
            )
        ],
        removal_policy=cdk.RemovalPolicy.DESTROY,
        auto_delete_objects=True,
    )
    log_access(bucket, props.access_logs, prefix=f"{construct_id.lower()}/")
    return bucket


def let_replicas_go(bucket: s3.Bucket) -> None:
    """Let the library's bucket in another region go with its stack, once it is empty.

    It would stay, with a name that the next pipeline wants and objects that nobody could read: its
    key goes. The library's stack can hold no function that empties it.
    """
    bucket.apply_removal_policy(cdk.RemovalPolicy.DESTROY)
    bucket.add_lifecycle_rule(
        expiration=cdk.Duration.days(30),
        abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
    )
