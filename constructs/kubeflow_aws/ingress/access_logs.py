"""Where the load balancer writes its access logs."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from kubeflow_aws.logs.bucket import log_bucket


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessLogsProps:
    """Inputs of `AccessLogs`.

    Attributes:
        production: Whether to keep the logs for a year, and after the stack, instead of a month.
    """

    production: bool


class AccessLogs(Construct):
    """A private bucket to which load balancers of this account may deliver.

    "Enable access logs for your Application Load Balancer", Elastic Load Balancing User Guide.
    """

    bucket: s3.Bucket

    def __init__(self, scope: Construct, construct_id: str, *, props: AccessLogsProps) -> None:
        super().__init__(scope, construct_id)
        self.bucket = log_bucket(self, "Bucket", production=props.production)
        stack = cdk.Stack.of(self)
        self.bucket.add_to_resource_policy(
            iam.PolicyStatement(
                sid="LoadBalancersDeliver",
                principals=[iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")],
                actions=["s3:PutObject"],
                # No condition: for Application Load Balancers the service is not known
                # to send a source. The path binds it to this account.
                resources=[self.bucket.arn_for_objects(f"AWSLogs/{stack.account}/*")],
            )
        )
