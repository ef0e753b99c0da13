"""Who may do what with artifacts: a profile in its own folder, the platform in none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of, metadata
from tests.support.assembly import Assembly, Template, resources, synthesize
from tests.support.deployments import variation
from tests.support.platforms import sample_of
from tests.support.policies import allows, statements_of

WRITING = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
THEIRS = "arn:aws:iam::123456789012:role/theirs"


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """Profiles of all three kinds."""
    file = Path(__file__).parents[2] / "deployments" / "rds-s3.yaml"
    return variation(
        load_deployment(file),
        {
            "profiles": [
                {"name": "alice", "owner": "alice@example.com"},
                {
                    "name": "vision",
                    "owner": "alice@example.com",
                    "artifacts_prefix": "teams/vision",
                },
                {"name": "theirs", "owner": "alice@example.com", "role_arn": THEIRS},
            ]
        },
    )


@pytest.fixture(scope="session")
def assembly(
    deployment: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    platform = sample_of(deployment, sample_cache)
    return synthesize(deployment, platform, tmp_path_factory.mktemp("profiles"))


@pytest.fixture(scope="session")
def platform(assembly: Assembly) -> Template:
    return assembly.stack("Platform")


def object_named(assembly: Assembly, name: str) -> Any:
    [found] = [item for item in assembly.objects() if str(key_of(item)) == name]
    return found


@pytest.mark.parametrize("action", WRITING)
def test_a_profile_uses_its_own_folder_and_nothing_else(action: str, platform: Template) -> None:
    statements = statements_of(platform, "ProfileRolesRole")
    tags = {"kubernetes-namespace": "alice"}

    def may(key: str) -> bool:
        return allows(statements, action, f"bucket/{key}", tags=tags)

    assert may("private-artifacts/alice/v2/artifacts/model")
    for key in (
        "private-artifacts/bob/v2/artifacts/model",
        "private-artifacts/alice2/model",
        "private-artifacts/model",
        "teams/vision/model",
        "model",
    ):
        assert not may(key), key


def test_a_profile_lists_its_own_folder_only(platform: Template) -> None:
    statements = statements_of(platform, "ProfileRolesRole")
    tags = {"kubernetes-namespace": "alice"}

    def may(prefix: str) -> bool:
        return allows(statements, "s3:ListBucket", "bucket", tags=tags, prefix=prefix)

    assert may("private-artifacts/alice/v2/")
    assert not may("private-artifacts/bob/")
    assert not may("private-artifacts/")
    assert not may("")


def test_without_a_namespace_the_role_is_good_for_nothing(platform: Template) -> None:
    statements = statements_of(platform, "ProfileRolesRole")

    assert not allows(statements, "s3:GetObject", "bucket/private-artifacts/alice/model")


def test_only_a_profiles_accounts_of_this_cluster_take_the_role(platform: Template) -> None:
    [role] = [
        role
        for name, role in resources(platform, "AWS::IAM::Role").items()
        if name.startswith("ProfileRolesRole")
    ]
    [statement] = role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    conditions = statement["Condition"]["StringEquals"]

    assert statement["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert conditions["aws:RequestTag/kubernetes-service-account"] == ["default-editor", "default"]
    assert "Arn" in str(conditions["aws:RequestTag/eks-cluster-arn"])


def of_profiles(assembly: Assembly) -> Template:
    """Everything in the nested stacks of profiles' roles."""
    return {
        "Resources": {
            name: resource
            for file, template in assembly.templates.items()
            if "ProfileRolesProfiles" in file
            for name, resource in template["Resources"].items()
        }
    }


def test_a_folder_of_another_name_has_a_role_of_its_own(assembly: Assembly) -> None:
    statements = statements_of(of_profiles(assembly), "Rolevision")

    def may(key: str) -> bool:
        return any(
            allows([each], "s3:PutObject", resource)
            for each in statements
            for resource in [f"{_bucket(each)}/{key}"]
        )

    assert may("teams/vision/v2/artifacts/model")
    # Where the UI looks for logs.
    assert may("private-artifacts/vision/run/main.log")
    assert not may("teams/audio/model")
    assert not may("private-artifacts/alice/model")


def _bucket(statement: dict[str, Any]) -> str:
    """How a nested stack names the bucket: by a parameter."""
    resource = statement["Resource"]
    return str(resource[0] if isinstance(resource, list) else resource).partition("/")[0]


def test_pods_with_and_without_an_account_have_the_role_but_of_who_has_another(
    assembly: Assembly,
) -> None:
    associations = {
        (each["Properties"]["Namespace"], each["Properties"]["ServiceAccount"]): each["Properties"]
        for each in resources(of_profiles(assembly), "AWS::EKS::PodIdentityAssociation").values()
    }

    assert associations.keys() == {
        (profile, account)
        for profile in ("alice", "vision")
        for account in ("default-editor", "default")
    }
    for account in ("default-editor", "default"):
        assert "Rolevision" in str(associations["vision", account]["RoleArn"])
        assert "Rolevision" not in str(associations["alice", account]["RoleArn"])


def test_a_role_of_its_own_is_annotated_and_never_rewritten(assembly: Assembly) -> None:
    profile = object_named(assembly, "Profile.kubeflow.org theirs")

    assert profile["spec"]["plugins"] == [
        {
            "kind": "AwsIamForServiceAccount",
            "spec": {"awsIamRole": THEIRS, "annotateOnly": True},
        }
    ]


def test_the_hook_learns_a_folder_from_the_namespace(assembly: Assembly) -> None:
    namespace: KubernetesObject = object_named(assembly, "Namespace vision")

    assert metadata(namespace).get("annotations") == {
        "owner": "alice@example.com",
        "kubeflow-aws/artifacts-prefix": "teams/vision",
    }


@pytest.mark.parametrize("action", WRITING)
def test_the_api_server_touches_nothing_of_a_profile(action: str, platform: Template) -> None:
    statements = statements_of(platform, "DataAccessRolesmlpipelineRole")

    for key in (
        "private-artifacts/alice/v2/artifacts/model",
        "private-artifacts/alice/run/2026/11/24/run-1/main.log",
        "teams/vision/model",
        "model",
    ):
        assert not allows(statements, action, f"bucket/{key}"), key


def test_the_api_server_reads_old_pipelines_and_nothing_else(platform: Template) -> None:
    statements = statements_of(platform, "DataAccessRolesmlpipelineRole")

    assert allows(statements, "s3:GetObject", "bucket/pipelines/0a1b")
    assert not allows(statements, "s3:PutObject", "bucket/pipelines/0a1b")
    for prefix in ("", "pipelines/", "private-artifacts/alice/"):
        assert not allows(statements, "s3:ListBucket", "bucket", prefix=prefix)


def test_the_ui_reads_logs_and_no_artifact(platform: Template) -> None:
    statements = statements_of(platform, "DataAccessRolesmlpipelineuiRole")
    log = "bucket/private-artifacts/alice/run/2026/11/24/run-1/main.log"

    assert allows(statements, "s3:GetObject", log)
    assert not allows(statements, "s3:GetObject", "bucket/private-artifacts/alice/model")
    assert not allows(statements, "s3:GetObject", "bucket/teams/vision/main.log")
    assert not allows(statements, "s3:ListBucket", "bucket")


def test_pods_wait_for_their_roles(platform: Template) -> None:
    roles = {
        name
        for name in resources(platform, "AWS::EKS::PodIdentityAssociation")
        if name.startswith("DataAccess")
    }

    for component in ("Pipelines", "Katib", "Database"):
        [stack] = [
            each
            for name, each in resources(platform, "AWS::CloudFormation::Stack").items()
            if name.startswith(f"Components{component}NestedStack")
        ]
        assert roles <= set(stack["DependsOn"])
