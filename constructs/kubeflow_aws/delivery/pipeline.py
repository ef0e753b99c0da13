"""The pipeline: source, build, and then one deployment after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_codepipeline as codepipeline
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.delivery.acknowledgments import acknowledge_pipeline_roles
from kubeflow_aws.delivery.assembly_steps import (
    PublishStepProps,
    compare_step,
    empty_publishing,
    keep_step,
    no_publishing,
    publish_step,
)
from kubeflow_aws.delivery.bucket import DeliveryBucketProps, delivery_bucket, let_replicas_go
from kubeflow_aws.delivery.build_steps import (
    IMAGE,
    CheckStepProps,
    SynthStepProps,
    plan_step,
    protect_step,
    runtimes,
    smoke_step,
    synth_step,
)
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery, StageSettings
from kubeflow_aws.logs.bucket import admit_access_logs, log_bucket
from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps, log_retention


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryPipelineProps:
    """Inputs of `DeliveryPipeline`.

    Attributes:
        delivery: The delivery file.
        file: Its path from the root of the repository.
    """

    delivery: Delivery
    file: str


class DeliveryPipeline(Construct):
    """Builds, tests and delivers every commit of a branch, and never changes itself.

    Code of a commit runs in its builds before anybody approves it. What those builds may reach
    is what a push may reach: their own output, what a plan reads, and deployments that wait for
    no approval (docs/decisions/0029-a-pipeline-does-not-change-itself.md).

    Everything it keeps is encrypted with a key of its own, which the roles of the accounts that
    it delivers to may use.
    """

    mirror: s3.Bucket

    def __init__(
        self, scope: Construct, construct_id: str, *, props: DeliveryPipelineProps
    ) -> None:
        super().__init__(scope, construct_id)
        delivery = props.delivery
        self._name = delivery.name
        self._connection_arn = delivery.connection_arn
        key = kms.Key(
            self,
            "Key",
            description=f"Sources, builds and caches of {delivery.name}",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        access_logs = log_bucket(self, "AccessLogs", production=False)
        admit_access_logs(access_logs)
        short_lived = DeliveryBucketProps(key=key, access_logs=access_logs, expires_after_days=30)
        self.mirror = delivery_bucket(
            self, "Mirror", props=DeliveryBucketProps(key=key, access_logs=access_logs)
        )
        cache = delivery_bucket(self, "Cache", props=short_lived)
        artifacts = delivery_bucket(self, "Artifacts", props=short_lived)
        self._source = pipelines.CodePipelineSource.connection(
            delivery.repository, delivery.branch, connection_arn=delivery.connection_arn
        )
        log_group = EncryptedLogGroup(
            self,
            "Builds",
            props=EncryptedLogGroupProps(
                retention=log_retention(production=True),
                removal_policy=cdk.RemovalPolicy.DESTROY,
            ),
        ).log_group
        self._pipeline = pipelines.CodePipeline(
            self,
            "Pipeline",
            pipeline_name=delivery.name,
            synth=keep_step(
                synth_step(
                    SynthStepProps(
                        source=self._source,
                        file=props.file,
                        settings=delivery.build,
                        mirror=self.mirror,
                        cache=cache,
                        artifacts=artifacts,
                        key=key,
                    )
                )
            ),
            artifact_bucket=artifacts,
            cross_account_keys=True,
            enable_key_rotation=True,
            self_mutation=False,
            # The library's action has nothing to do (`no_publishing`); else there is one a file.
            publish_assets_in_parallel=False,
            # A commit that overtakes another would be compared with what is half deployed.
            execution_mode=codepipeline.ExecutionMode.QUEUED,
            pipeline_type=codepipeline.PipelineType.V2,
            code_build_defaults=pipelines.CodeBuildOptions(
                build_environment=codebuild.BuildEnvironment(
                    build_image=IMAGE, compute_type=codebuild.ComputeType.MEDIUM
                ),
                partial_build_spec=runtimes(),
                logging=codebuild.LoggingOptions(
                    cloud_watch=codebuild.CloudWatchLoggingOptions(log_group=log_group)
                ),
            ),
            asset_publishing_code_build_defaults=no_publishing(),
        )
        compare = compare_step(self._pipeline.synth, delivery=delivery, file=props.file)
        self._pipeline.add_wave("Pipeline", pre=[compare])

    def add(self, stage: cdk.Stage, settings: StageSettings, deployment: Deployment) -> None:
        """Deliver a stage after those already added.

        Its changes are shown before anything happens; production and whatever else the file says
        so waits for approval, its files included; at the end the smoke check decides whether the
        next may start.

        Args:
            stage: The stage, with all stacks of the deployment in it.
            settings: Its entry in the delivery file.
            deployment: Its deployment file.
        """
        step = CheckStepProps(
            source=self._source,
            assembly=self._pipeline.synth,
            stage=stage.artifact_id,
            file=settings.deployment,
            deployment=deployment,
        )
        before: list[pipelines.Step] = [plan_step(step)]
        if settings.approval or deployment.is_production:
            approval = pipelines.ManualApprovalStep(
                f"Approve {settings.name}",
                comment=f"The log of Plan {deployment.name} shows what would change.",
                review_url=self.address,
            )
            approval.add_step_dependency(before[0])
            before.append(approval)
        publish = publish_step(
            PublishStepProps(
                assembly=self._pipeline.synth, stage=stage.artifact_id, deployment=deployment
            )
        )
        publish.add_step_dependency(before[-1])
        before.append(publish)
        protect, smoke = protect_step(step), smoke_step(step)
        smoke.add_step_dependency(protect)
        self._pipeline.add_stage(stage, pre=before, post=[protect, smoke])

    def complete(self) -> codepipeline.Pipeline:
        """Make the pipeline of what was added; nothing can be added any more."""
        self._pipeline.build_pipeline()
        pipeline = self._pipeline.pipeline
        self._allow_connection()
        for construct in self._pipeline.node.find_all():
            if isinstance(construct, codebuild.CfnProject) and "/Assets/" in construct.node.path:
                empty_publishing(construct)
        acknowledge_pipeline_roles(self._pipeline)
        for support in pipeline.cross_region_support.values():
            let_replicas_go(cast("s3.Bucket", support.replication_bucket))
            acknowledge(
                support.stack,
                finding="AwsSolutions-S1",
                reason="Holds copies of a build for the minutes of its deployment; the original's "
                "bucket has access logs, in the pipeline's region.",
            )
        return pipeline

    def _allow_connection(self) -> None:
        """Let the source action use the connection under the name that its ARN has.

        The library knows the former name alone (Developer Tools console User Guide, "Connections
        rename": the prefix of an action must be that of its resource).
        """
        service = self._connection_arn.split(":")[2]
        for construct in self._pipeline.node.find_all():
            if isinstance(construct, iam.Role) and "/Source/" in construct.node.path:
                construct.add_to_policy(
                    iam.PolicyStatement(
                        sid="UseConnection",
                        actions=[f"{service}:UseConnection"],
                        resources=[self._connection_arn],
                    )
                )

    @property
    def address(self) -> str:
        """The pipeline's page in the console."""
        region = cdk.Stack.of(self).region
        return (
            f"https://{region}.console.aws.amazon.com/codesuite/codepipeline/pipelines/"
            f"{self._name}/view?region={region}"
        )
