"""The pipeline's own programs: build with all tests, what would change, and the smoke check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import pipelines

from kubeflow_aws.delivery.assembly_steps import output_of, write_only
from kubeflow_aws.delivery.bootstrap_roles import BootstrapRole, role_arns
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import BuildSettings

MIRROR: Final = "build/mirror"
"""Where a build keeps the upstream sources, from the root of the repository."""

IMAGE: Final = codebuild.LinuxBuildImage.STANDARD_7_0
RUNTIMES: Final[Mapping[str, str]] = {"python": "3.11", "nodejs": "22"}
"""Of that image (CodeBuild User Guide, "Available runtimes")."""

PROGRAM: Final = "python -m kubeflow_aws"
"""The command line, on the Python that `make install` set up."""

SYNTH: Final = "Synth"
"""Name of the build."""

DATABASE_SERVER: Final = "mariadb-server-core-10.6 mariadb-client-core-10.6"
"""As packages of that image's Ubuntu 22.04 are called."""


def runtimes() -> codebuild.BuildSpec:
    """The languages of every build."""
    return codebuild.BuildSpec.from_object(
        {"phases": {"install": {"runtime-versions": dict(RUNTIMES)}}}
    )


def cached_packages() -> codebuild.BuildSpec:
    """Folders that the next build finds again: packages, and what was rendered."""
    return codebuild.BuildSpec.from_object(
        {
            "cache": {
                "paths": [
                    "/root/.cache/pip/**/*",
                    "/root/.npm/**/*",
                    "build/cache/**/*",
                    "build/control-plane/**/*",
                ]
            }
        }
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class SynthStepProps:
    """Inputs of `synth_step`.

    Attributes:
        source: The repository.
        file: Path of the delivery file from its root.
        settings: How to build.
        mirror: Bucket of upstream's archives.
        cache: Bucket of what the next build finds again.
        artifacts: Bucket by which CodePipeline hands on what builds make.
        key: Key of the buckets.
    """

    source: pipelines.IFileSetProducer
    file: str
    settings: BuildSettings
    mirror: s3.IBucket
    cache: s3.IBucket
    artifacts: s3.IBucket
    key: kms.IKey


def synth_step(props: SynthStepProps) -> pipelines.CodeBuildStep:
    """Lint, types and all tests; then the synth, with its checks.

    This runs code of a commit that nobody has approved: its role may write its own output, the
    mirror and the cache. Upstream's archives come from the mirror. What it lacks, because the lock
    file names something new, is fetched once and put there; the digests of the lock file hold for
    both.
    """
    mirror = f"s3://{props.mirror.bucket_name}"
    tests = ["make test", "make test-upstream"]
    if props.settings.end_to_end:
        tests = ["make control-plane", *tests, "make test-platform", "make e2e"]
    return pipelines.CodeBuildStep(
        SYNTH,
        input=props.source,
        env={"KUBEFLOW_UPSTREAM_MIRROR": MIRROR, "CI": "true"},
        install_commands=[
            "apt-get update -qq",
            # The tests of the database run on a real server.
            "DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "
            f"{DATABASE_SERVER}",
            "make install",
        ],
        commands=[
            f"mkdir -p {MIRROR}",
            f"aws s3 sync {mirror} {MIRROR}",
            f"make mirror FOLDER={MIRROR}",
            f"aws s3 sync {MIRROR} {mirror}",
            *tests,
            f"make synth-delivery DELIVERY={props.file}",
        ],
        primary_output_directory="cdk.out",
        timeout=cdk.Duration.minutes(props.settings.minutes),
        build_environment=codebuild.BuildEnvironment(compute_type=codebuild.ComputeType.LARGE),
        cache=codebuild.Cache.bucket(props.cache, prefix="packages"),
        partial_build_spec=cached_packages(),
        role_policy_statements=[
            write_only(
                [
                    output_of(SYNTH, props.artifacts),
                    props.mirror.arn_for_objects("*"),
                    props.cache.arn_for_objects("*"),
                ]
            ),
            iam.PolicyStatement(
                sid="ListMirror",
                actions=["s3:ListBucket"],
                resources=[props.mirror.bucket_arn],
            ),
            iam.PolicyStatement(
                sid="FillMirror",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[props.mirror.arn_for_objects("*")],
            ),
            iam.PolicyStatement(
                sid="EncryptMirror",
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=[props.key.key_arn],
            ),
        ],
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckStepProps:
    """Inputs of `plan_step`, `protect_step` and `smoke_step`.

    Attributes:
        source: The repository.
        assembly: What was synthesized.
        stage: The stage's folder in it.
        file: Path of the stage's deployment file from the root of the repository.
        deployment: That file.
    """

    source: pipelines.IFileSetProducer
    assembly: pipelines.IFileSetProducer
    stage: str
    file: str
    deployment: Deployment


def plan_step(props: CheckStepProps) -> pipelines.CodeBuildStep:
    """Shows what a stage would change: resources by `cdk diff`, Kubernetes objects by our plan."""
    folder = f"assembly/{props.stage}"
    role = role_arns(BootstrapRole.LOOKUP, props.deployment)[0]
    return _check(
        "Plan",
        props,
        [
            f"npx cdk diff --app {folder} --all --method template",
            f"{PROGRAM} plan {props.file} --assembly {folder} --role-arn {role}",
        ],
        roles=role_arns(BootstrapRole.LOOKUP, props.deployment),
    )


def protect_step(props: CheckStepProps) -> pipelines.CodeBuildStep:
    """Protects the stacks against deletion as the deployment file says."""
    deployment = props.deployment
    role = role_arns(BootstrapRole.DEPLOY, deployment)[0]
    command = f"{PROGRAM} protect {props.file} --role-arn {role}"
    return _check("Protect", props, [command], roles=[role])


def smoke_step(props: CheckStepProps) -> pipelines.CodeBuildStep:
    """Checks from outside that what was just deployed works (`kubeflow-aws smoke`)."""
    role = role_arns(BootstrapRole.LOOKUP, props.deployment)[0]
    command = f"{PROGRAM} smoke {props.file} --role-arn {role}"
    return _check("Smoke", props, [command], roles=[role])


def _check(
    name: str, props: CheckStepProps, commands: Sequence[str], *, roles: Sequence[str]
) -> pipelines.CodeBuildStep:
    return pipelines.CodeBuildStep(
        f"{name} {props.deployment.name}",
        input=props.source,
        additional_inputs={"assembly": props.assembly},
        env={
            "AWS_REGION": props.deployment.region,
            "PYTHONPATH": "constructs:.",
        },
        install_commands=["make install", 'export PATH="$PWD/.venv/bin:$PATH"'],
        commands=commands,
        timeout=cdk.Duration.minutes(30),
        role_policy_statements=[
            iam.PolicyStatement(
                sid="AssumeRolesOfDeployment",
                actions=["sts:AssumeRole"],
                resources=list(roles),
            )
        ],
    )
