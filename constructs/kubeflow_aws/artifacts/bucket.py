"""The bucket of artifacts: what pipelines produce, and the archived logs of their steps."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.checks.acknowledge import acknowledge, value_in_findings
from kubeflow_aws.deployment.artifacts import S3Settings
from kubeflow_aws.logs.bucket import admit_access_logs, log_access, log_bucket


@dataclass(frozen=True, kw_only=True, slots=True)
class ArtifactBucketProps:
    """Inputs of `ArtifactBucket`.

    Attributes:
        settings: The deployment file's section `s3`.
        production: Whether artifacts outlive the stack, and its access logs a month.
        linked: Whether FSx for Lustre reads and writes it.
    """

    settings: S3Settings
    production: bool
    linked: bool


class ArtifactBucket(Construct):
    """A private, versioned bucket under a key of its own, with a bucket for its access logs."""

    store: ArtifactStore

    def __init__(self, scope: Construct, construct_id: str, *, props: ArtifactBucketProps) -> None:
        super().__init__(scope, construct_id)
        removal_policy = cdk.RemovalPolicy.RETAIN if props.production else cdk.RemovalPolicy.DESTROY
        key = kms.Key(
            self,
            "Key",
            description="Artifacts of Kubeflow",
            enable_key_rotation=True,
            removal_policy=removal_policy,
        )
        if props.linked:
            _admit_fsx(key)
        access_logs = log_bucket(self, "AccessLogs", production=props.production)
        admit_access_logs(access_logs)
        bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=props.settings.bucket_name,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            # One request to KMS for many objects.
            bucket_key_enabled=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            versioned=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="OldVersions",
                    noncurrent_version_expiration=cdk.Duration.days(
                        props.settings.old_versions_days
                    ),
                    expired_object_delete_marker=True,
                ),
                s3.LifecycleRule(
                    id="Uploads",
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                ),
            ],
            removal_policy=removal_policy,
            auto_delete_objects=not props.production,
        )
        acknowledge(
            bucket,
            finding="NIST.800.53.R5-S3BucketReplicationEnabled",
            reason="Where copies may lie is for the organization to say; versions are kept "
            "here, and a replication rule can be added to the bucket (docs/data.md).",
        )
        log_access(bucket, access_logs)
        self.store = ArtifactStore(
            bucket_name=bucket.bucket_name,
            bucket_arn=bucket.bucket_arn,
            key_arn=key.key_arn,
            finding_name=value_in_findings(bucket.bucket_arn, cdk.Stack.of(self)),
        )


def _admit_fsx(key: kms.Key) -> None:
    """Let FSx use the key, by the service-linked role that it makes for each file system.

    Its permissions are AWS's to set and name no key (FSx for Lustre User Guide, "Working with
    server-side encrypted Amazon S3 buckets"), so the key must name it; its name ends with the id of
    a file system that does not exist yet.
    """
    stack = cdk.Stack.of(key)
    role = stack.format_arn(
        service="iam",
        region="",
        resource="role",
        resource_name="aws-service-role/s3.data-source.lustre.fsx.amazonaws.com/"
        "AWSServiceRoleForFSxS3Access_*",
    )
    key.add_to_resource_policy(
        iam.PolicyStatement(
            sid="LinkedFileSystems",
            principals=[iam.AnyPrincipal()],
            actions=[
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*",
            ],
            resources=["*"],
            conditions={
                "StringEquals": {
                    "aws:PrincipalAccount": stack.account,
                    "kms:ViaService": f"s3.{stack.region}.amazonaws.com",
                },
                "ArnLike": {"aws:PrincipalArn": role},
            },
        )
    )
