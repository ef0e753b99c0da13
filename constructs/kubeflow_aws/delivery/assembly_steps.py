"""What the pipeline does with a cloud assembly, by commands of its own.

They stand in the pipeline, not in the repository: no commit changes them, so the roles of these
steps may have what that of a build must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines

from kubeflow_aws.delivery.bootstrap_roles import BootstrapRole, role_arn, role_arns
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery

CDK_CLI: Final = "2.1148.1"
"""As in package.json: npm's newest may refuse what this version of the library writes."""

CDK_ASSETS: Final = "4"
"""Publishes the files of a cloud assembly. No exact version: it must read the schema that the
library writes, and those that can appear after the library."""


def keep_step(synth: pipelines.CodeBuildStep) -> pipelines.CodeBuildStep:
    """Copies what the build made to where no build may write.

    The build runs the code of the commit, and its role may write the output of every other
    build, too; so may whoever took its credentials along. What is shown, approved and deployed is
    this copy.

    Args:
        synth: Builds the assembly.
    """
    return pipelines.CodeBuildStep(
        "Keep",
        input=synth,
        commands=["ls"],
        primary_output_directory=".",
        timeout=cdk.Duration.minutes(15),
    )


def write_only(objects: Sequence[str]) -> iam.PolicyStatement:
    """Takes from the role of a build what the library grants it beside its own output.

    Args:
        objects: ARNs of what it may write.
    """
    return iam.PolicyStatement(
        sid="WriteNothingElse",
        effect=iam.Effect.DENY,
        actions=["s3:DeleteObject*", "s3:PutObject*"],
        not_resources=list(objects),
    )


def output_of(step: str, artifacts: s3.IBucket) -> str:
    """ARN of what a step puts into the bucket by which CodePipeline hands it on.

    Keys are PIPELINE/ARTIFACT/RANDOM, both names cut short (its user guide, "Pipeline artifact
    folder names appear to be truncated"). That of `Synth_Output` the part `Synth_` stays is a
    belief until a pipeline has run in AWS: if it does not, the build fails where it uploads.

    Args:
        step: Name of the step.
        artifacts: The bucket.
    """
    return artifacts.arn_for_objects(f"*/{step}_*")


def no_publishing() -> pipelines.CodeBuildOptions:
    """Takes its right from the library's own action that publishes files.

    It runs before any approval, by commands that lie in the assembly, and could write to the
    bootstrap buckets of all accounts. Each stage publishes its own instead (`publish_step`).
    """
    return pipelines.CodeBuildOptions(
        role_policy=[
            iam.PolicyStatement(
                sid="PublishNothing",
                effect=iam.Effect.DENY,
                actions=["sts:AssumeRole"],
                resources=["*"],
            )
        ],
    )


def empty_publishing(project: codebuild.CfnProject) -> None:
    """Leave that action, which the library cannot leave out, nothing to do.

    Args:
        project: Its project.
    """
    spec = codebuild.BuildSpec.from_object(
        {
            "version": "0.2",
            "phases": {"build": {"commands": ["echo Each stage publishes its own files."]}},
        }
    )
    project.add_property_override("Source.BuildSpec", spec.to_build_spec())


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishStepProps:
    """Inputs of `publish_step`.

    Attributes:
        assembly: What was synthesized, as it was kept.
        stage: The stage's folder in it.
        deployment: Its deployment file.
    """

    assembly: pipelines.IFileSetProducer
    stage: str
    deployment: Deployment


def publish_step(props: PublishStepProps) -> pipelines.CodeBuildStep:
    """Publishes the files of one stage to the bootstrap buckets of its account.

    A manifest of files may name a program that makes one, so this runs after the approval.
    """
    return pipelines.CodeBuildStep(
        f"Publish {props.deployment.name}",
        input=props.assembly,
        install_commands=[f"npm install -g cdk-assets@{CDK_ASSETS}"],
        commands=[
            f"for file in {props.stage}/*.assets.json; do "
            'cdk-assets --path "$file" --verbose publish || exit 1; done'
        ],
        timeout=cdk.Duration.minutes(30),
        role_policy_statements=[
            iam.PolicyStatement(
                sid="PublishToDeployment",
                actions=["sts:AssumeRole"],
                resources=role_arns(BootstrapRole.FILES, props.deployment),
            )
        ],
    )


def compare_step(
    assembly: pipelines.IFileSetProducer, *, delivery: Delivery, file: str
) -> pipelines.CodeBuildStep:
    """Stops a commit whose pipeline is not the one that runs; a pipeline does not change itself.

    Args:
        assembly: What was synthesized, as it was kept.
        delivery: The delivery file.
        file: Its path from the root of the repository.
    """
    stop = (
        "The pipeline of this commit is not the one that runs, or cannot be compared with it "
        "(see above). Review the commit; then somebody with rights in the account of the pipeline "
        f"deploys it, which starts it again: make deploy-delivery DELIVERY={file}"
    )
    return pipelines.CodeBuildStep(
        "Compare",
        input=assembly,
        install_commands=[f"npm install -g aws-cdk@{CDK_CLI}"],
        commands=[
            # Elsewhere: a cdk.json in the assembly could name a plugin, which is code.
            "cd /",
            f'cdk diff {delivery.stack_name} --app "$CODEBUILD_SRC_DIR" --exclusively '
            f"--method template --fail || {{ echo '{stop}'; exit 1; }}",
        ],
        timeout=cdk.Duration.minutes(15),
        role_policy_statements=[
            iam.PolicyStatement(
                sid="ReadPipeline",
                actions=["sts:AssumeRole"],
                resources=[
                    role_arn(BootstrapRole.LOOKUP, account=delivery.account, region=delivery.region)
                ],
            )
        ],
    )
