"""The pipeline as CodePipeline, CodeBuild and IAM would read it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from kubeflow_aws.delivery.assembly_steps import CDK_CLI
from kubeflow_aws.deployment import load_deployment
from stacks.build import build
from tests.support.assembly import (
    CheckedAssembly,
    Template,
    new_app,
    only,
    read_assembly,
    resources,
)
from tests.support.build_specs import build_spec, flat
from tests.support.platforms import sample_of
from tests.support.snapshots import normalized

PIPELINE = "111111111111"
PRODUCTION = "333333333333"


def stages(template: Template) -> dict[str, list[str]]:
    """Names of the actions of each stage, in the order in which they run."""
    pipeline = only(template, "AWS::CodePipeline::Pipeline")["Properties"]
    return {
        stage["Name"]: [
            action["Name"]
            for action in sorted(stage["Actions"], key=lambda action: action["RunOrder"])
        ]
        for stage in pipeline["Stages"]
    }


def statements(template: Template, name: str) -> Iterator[dict[str, Any]]:
    for logical_id, statement in statements_of_all(template):
        if name in logical_id:
            yield statement


def statements_of_all(template: Template) -> Iterator[tuple[str, dict[str, Any]]]:
    for logical_id, policy in resources(template, "AWS::IAM::Policy").items():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            yield logical_id, statement


def listed(value: Any) -> list[Any]:
    """One value or several, as a policy may write them."""
    return value if isinstance(value, list) else [value]


def test_nothing_is_found_in_the_pipeline_or_in_what_it_deploys(pipeline: CheckedAssembly) -> None:
    assert pipeline.findings == []


def test_every_commit_is_built_kept_and_compared_with_the_pipeline(
    delivery_stack: Template,
) -> None:
    found = stages(delivery_stack)

    assert list(found) == ["Source", "Build", "Assets", "Pipeline", "development", "production"]
    assert found["Build"] == ["Synth", "Keep"]
    assert found["Pipeline"] == ["Compare"]


def test_nothing_in_the_pipeline_may_change_the_pipeline(delivery_stack: Template) -> None:
    """Who could deploy to its account could take the approval away."""
    assumed = {
        flat(role)
        for _, statement in statements_of_all(delivery_stack)
        if statement["Effect"] == "Allow" and "sts:AssumeRole" in listed(statement["Action"])
        for role in listed(statement["Resource"])
        if "cdk-" in flat(role)
    }

    assert {role for role in assumed if f"::{PIPELINE}:" in role} == {
        f"arn:aws:iam::{PIPELINE}:role/cdk-hnb659fds-lookup-role-{PIPELINE}-us-west-2"
    }
    assert not [role for role in assumed if "*" in role]


def test_a_pipeline_of_another_commit_stops_with_a_sentence(
    delivery_stack: Template, project: Path
) -> None:
    pinned = json.loads((project / "package.json").read_text("utf-8"))["devDependencies"]["aws-cdk"]
    phases = build_spec(delivery_stack, "PipelineCompare")["phases"]
    elsewhere, command = phases["build"]["commands"]

    assert pinned == CDK_CLI
    assert phases["install"]["commands"] == [f"npm install -g aws-cdk@{pinned}"]
    # A cdk.json beside the assembly may load code.
    assert elsewhere == "cd /"
    assert command.startswith('cdk diff KubeflowDelivery --app "$CODEBUILD_SRC_DIR" ')
    assert " --fail || { echo 'The pipeline of this commit is not the one that runs, " in command
    assert command.endswith("DELIVERY=deployments/delivery/pipeline.yaml'; exit 1; }")


def test_the_build_writes_nothing_that_another_build_hands_on(delivery_stack: Template) -> None:
    """Else a push could change what somebody is about to approve."""
    [denied] = [
        statement
        for statement in statements(delivery_stack, "BuildSynth")
        if statement["Effect"] == "Deny"
    ]
    names = [str(arn["Fn::Join"][1][0]["Fn::GetAtt"][0]) for arn in denied["NotResource"]]
    keys = [flat(arn) for arn in denied["NotResource"]]

    assert denied["Action"] == ["s3:DeleteObject*", "s3:PutObject*"]
    assert [
        (next(part for part in ("Artifacts", "Mirror", "Cache") if part in name), key)
        for name, key in zip(names, keys, strict=True)
    ] == [("Artifacts", "/*/Synth_*"), ("Mirror", "/*"), ("Cache", "/*")]


def test_what_is_deployed_is_a_copy_that_no_code_of_a_commit_can_write(
    delivery_stack: Template,
) -> None:
    pipeline = only(delivery_stack, "AWS::CodePipeline::Pipeline")["Properties"]
    actions = {
        action["Name"]: action for stage in pipeline["Stages"] for action in stage["Actions"]
    }
    [kept] = [artifact["Name"] for artifact in actions["Keep"]["OutputArtifacts"]]
    spec = build_spec(delivery_stack, "BuildKeep")

    assert spec["phases"]["build"]["commands"] == ["ls"]
    assert not kept.startswith("Synth_")
    # The source's own action, the build and its copy are all that writes to the bucket.
    assert [name for name, action in actions.items() if action.get("OutputArtifacts")] == [
        "example_kubeflow-aws",
        "Synth",
        "Keep",
    ]
    for name, action in actions.items():
        inputs = {artifact["Name"] for artifact in action.get("InputArtifacts", [])}
        if action["ActionTypeId"]["Provider"] == "CloudFormation" and inputs:
            assert inputs == {kept}, name
    for name in ("Compare", "Plan_kubeflow", "Publish_kubeflow"):
        assert kept in {artifact["Name"] for artifact in actions[name]["InputArtifacts"]}


def test_files_of_production_are_published_once_it_is_approved(delivery_stack: Template) -> None:
    actions = stages(delivery_stack)["production"]
    assumed = [
        flat(statement["Resource"])
        for statement in statements(delivery_stack, "productionPublish")
        if statement["Action"] == "sts:AssumeRole"
    ]
    commands = build_spec(delivery_stack, "productionPublish")["phases"]["build"]["commands"]

    assert actions.index("Publish_kubeflow") == actions.index("Approve_production") + 1
    assert assumed == [
        f"arn:aws:iam::{PRODUCTION}:role/cdk-hnb659fds-file-publishing-role-{PRODUCTION}-us-east-1"
    ]
    assert commands == [
        "for file in assembly-KubeflowDelivery-production/*.assets.json; do "
        'cdk-assets --path "$file" --verbose publish || exit 1; done'
    ]


def test_the_librarys_own_publishing_has_no_right_and_nothing_to_do(
    delivery_stack: Template,
) -> None:
    denied = [
        (statement["Action"], statement["Resource"])
        for statement in statements(delivery_stack, "AssetsFileRole")
        if statement["Effect"] == "Deny"
    ]

    assert denied == [("sts:AssumeRole", "*")]
    assert build_spec(delivery_stack, "AssetsFileAsset")["phases"] == {
        "build": {"commands": ["echo Each stage publishes its own files."]}
    }


def test_the_build_takes_no_role(delivery_stack: Template) -> None:
    assert not [
        statement
        for statement in statements(delivery_stack, "BuildSynth")
        if "sts:AssumeRole" in listed(statement["Action"])
    ]


def test_development_is_shown_deployed_and_checked(delivery_stack: Template) -> None:
    actions = stages(delivery_stack)["development"]

    assert actions[0] == "Plan_kubeflow-dev"
    assert actions[-1] == "Smoke_kubeflow-dev"
    assert not [action for action in actions if action.startswith("Approve")]


def test_production_waits_for_approval_after_its_plan(delivery_stack: Template) -> None:
    actions = stages(delivery_stack)["production"]

    assert actions[:3] == ["Plan_kubeflow", "Approve_production", "Publish_kubeflow"]
    assert actions[-1] == "Smoke_kubeflow"


def test_production_is_deployed_in_its_own_account_and_region(delivery_stack: Template) -> None:
    pipeline = only(delivery_stack, "AWS::CodePipeline::Pipeline")["Properties"]
    [production] = [stage for stage in pipeline["Stages"] if stage["Name"] == "production"]
    deployments = [
        action
        for action in production["Actions"]
        if action["ActionTypeId"]["Provider"] == "CloudFormation"
    ]

    assert {action["Region"] for action in deployments} == {"us-east-1"}
    assert all(
        f"arn:aws:iam::{PRODUCTION}:role/cdk-hnb659fds-deploy-role" in flat(action["RoleArn"])
        for action in deployments
    )
    assert "us-east-1" in {store["Region"] for store in pipeline["ArtifactStores"]}


def test_the_build_runs_all_tests_on_mirrored_sources(delivery_stack: Template) -> None:
    phases = build_spec(delivery_stack, "BuildSynth")["phases"]
    commands = phases["build"]["commands"]

    assert [each for each in commands if each.startswith("make ")] == [
        "make mirror FOLDER=build/mirror",
        "make control-plane",
        "make test",
        "make test-upstream",
        "make test-platform",
        "make e2e",
        "make synth-delivery DELIVERY=deployments/delivery/pipeline.yaml",
    ]
    assert phases["install"]["runtime-versions"] == {"python": "3.11", "nodejs": "22"}


def test_packages_and_renders_are_cached(delivery_stack: Template) -> None:
    paths = build_spec(delivery_stack, "BuildSynth")["cache"]["paths"]

    assert set(paths) == {
        "/root/.cache/pip/**/*",
        "/root/.npm/**/*",
        "build/cache/**/*",
        "build/control-plane/**/*",
    }


def test_the_plan_shows_resources_and_objects_of_its_stage(delivery_stack: Template) -> None:
    commands = build_spec(delivery_stack, "productionPlan")["phases"]["build"]["commands"]
    stage = "assembly/assembly-KubeflowDelivery-production"

    assert any(each.startswith(f"npx cdk diff --app {stage} --all") for each in commands)
    plan = "python -m kubeflow_aws plan deployments/delivery/production.yaml"
    assert any(each.startswith(f"{plan} --assembly {stage} --role-arn ") for each in commands)


@pytest.mark.parametrize("step", ["productionPlan", "productionSmoke"])
def test_checks_of_production_may_only_read_it(step: str, delivery_stack: Template) -> None:
    assumed = [
        flat(statement["Resource"])
        for statement in statements(delivery_stack, step)
        if statement["Action"] == "sts:AssumeRole"
    ]

    assert assumed == [
        f"arn:aws:iam::{PRODUCTION}:role/cdk-hnb659fds-lookup-role-{PRODUCTION}-us-east-1"
    ]


def test_everything_is_encrypted_with_the_pipelines_own_key(delivery_stack: Template) -> None:
    pipeline = only(delivery_stack, "AWS::CodePipeline::Pipeline")["Properties"]
    projects = resources(delivery_stack, "AWS::CodeBuild::Project").values()
    [key] = [
        store["ArtifactStore"]["EncryptionKey"]["Id"]
        for store in pipeline["ArtifactStores"]
        if store["Region"] == "us-west-2"
    ]

    assert all(project["Properties"]["EncryptionKey"] == key for project in projects)
    for name in ("Artifacts", "Cache", "Mirror"):
        [bucket] = [
            bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
            for logical_id, bucket in resources(delivery_stack, "AWS::S3::Bucket").items()
            if name in logical_id
        ]
        assert bucket["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key


def test_the_source_may_use_the_connection_under_its_new_name(delivery_stack: Template) -> None:
    """An action and its resource must have the same prefix."""
    [allowed] = [
        statement
        for statement in statements(delivery_stack, "Source")
        if statement["Action"] == "codeconnections:UseConnection"
    ]

    assert allowed["Resource"].startswith("arn:aws:codeconnections:us-west-2:111111111111:")


def test_stacks_are_protected_after_they_are_made_and_before_the_check(
    delivery_stack: Template,
) -> None:
    actions = stages(delivery_stack)["production"]
    [deploy_role] = [
        flat(statement["Resource"])
        for statement in statements(delivery_stack, "productionProtect")
        if statement["Action"] == "sts:AssumeRole"
    ]

    assert actions[-2:] == ["Protect_kubeflow", "Smoke_kubeflow"]
    assert deploy_role.endswith(f"role/cdk-hnb659fds-deploy-role-{PRODUCTION}-us-east-1")


def test_copies_in_other_regions_go_with_the_pipeline(pipeline: CheckedAssembly) -> None:
    [support] = [
        template
        for name, template in pipeline.assembly.templates.items()
        if name.startswith("cross-region-stack")
    ]
    bucket = only(support, "AWS::S3::Bucket")

    assert bucket["DeletionPolicy"] == "Delete"
    assert bucket["Properties"]["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] == 30


def test_nobody_else_may_publish_to_the_team(delivery_stack: Template) -> None:
    allowed = [
        statement
        for policy in resources(delivery_stack, "AWS::SNS::TopicPolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Allow"
    ]

    assert allowed
    for statement in allowed:
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "111111111111"}}


def test_the_team_hears_of_failures_and_approvals(delivery_stack: Template) -> None:
    rule = only(delivery_stack, "AWS::CodeStarNotifications::NotificationRule")["Properties"]
    topic = only(delivery_stack, "AWS::SNS::Subscription")["Properties"]["TopicArn"]

    assert {
        "codepipeline-pipeline-pipeline-execution-failed",
        "codepipeline-pipeline-manual-approval-needed",
    } <= set(rule["EventTypeIds"])
    assert rule["Targets"] == [{"TargetAddress": topic, "TargetType": "SNS"}]


def test_a_stage_has_the_stacks_that_a_deployment_by_hand_has(
    pipeline: CheckedAssembly, project: Path, sample_cache: Path, tmp_path: Path
) -> None:
    """Else a deployment that moves into a pipeline would be made a second time."""
    deployment = load_deployment(project / "deployments" / "delivery" / "production.yaml")
    app = new_app(tmp_path)
    build(app, deployment, sample_of(deployment, sample_cache), None)
    app.synth()
    by_hand = read_assembly(tmp_path)
    stage = read_assembly(pipeline.assembly.folder / "assembly-KubeflowDelivery-production")
    names = {
        artifact["properties"]["stackName"]: artifact["properties"]["templateFile"]
        for artifact in json.loads((stage.folder / "manifest.json").read_text("utf-8"))[
            "artifacts"
        ].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }

    assert set(names) == {name for name in by_hand.templates if len(name) < 25}
    for name, file in names.items():
        theirs = json.loads((stage.folder / file).read_text("utf-8"))["Resources"]
        assert theirs.keys() == by_hand.templates[name]["Resources"].keys()


def test_snapshot(delivery_stack: Template, snapshot: SnapshotAssertion) -> None:
    assert normalized(delivery_stack) == snapshot.use_extension(JSONSnapshotExtension)
