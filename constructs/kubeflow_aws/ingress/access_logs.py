"""Where the load balancer writes its access logs."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessLogsProps:
    """Inputs of `AccessLogs`.

    Attributes:
        production: Whether to keep the logs for a year, and after the stack, instead of a month.
    """

    production: bool


class AccessLogs(Construct):
    """A private bucket to which load balancers of this account and region may deliver.

    Encrypted by S3 itself: Elastic Load Balancing writes to no bucket with a KMS key (User Guide
    for Application Load Balancers, "Enable access logs").
    """

    bucket: s3.Bucket

    def __init__(self, scope: Construct, construct_id: str, *, props: AccessLogsProps) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=cdk.Duration.days(365 if props.production else 30),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(1),
                )
            ],
            removal_policy=cdk.RemovalPolicy.RETAIN
            if props.production
            else cdk.RemovalPolicy.DESTROY,
            auto_delete_objects=not props.production,
        )
        stack = cdk.Stack.of(self)
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LoadBalancersDeliver",
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                resources=[self.bucket.arn_for_objects(f"AWSLogs/{stack.account}/*")],
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnLike": {
                        "aws:SourceArn": stack.format_arn(
                            service="elasticloadbalancing",
                            resource="loadbalancer",
                            resource_name="app/*",
                        )
                    },
                },
            )
        )
        acknowledge(
            self.bucket,
            finding="AwsSolutions-S1",
            reason="This bucket holds logs itself; one more for who reads them would need another.",
        )
