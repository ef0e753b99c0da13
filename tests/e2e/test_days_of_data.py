"""Metadata in RDS and artifacts in S3 on a local cloud, with the real CDK CLI.

The tests follow one another on one cloud, after those of other modules have left it empty.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.cli.verify.artifacts import artifacts_of
from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.objects.kubernetes_object import JsonValue
from localcloud.demo.cdk import CdkError
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import PROJECT, synthesize
from tests.support.deployments import variation
from tests.support.platforms import best_of, sample_of
from tests.support.surroundings import prepare

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

KUBEFLOW = "/api/v1/namespaces/kubeflow"
CLASSES = "/apis/secrets-store.csi.x-k8s.io/v1/namespaces/kubeflow/secretproviderclasses"
JOBS = "/apis/batch/v1/namespaces/kubeflow/jobs"
WITH_DATA = {"cert_manager", "load_balancer_controller", "pipelines", "katib"}


def of_option(name: str) -> Deployment:
    """An option with what keeps data; the other components have their own days."""
    off: JsonValue = dict.fromkeys(sorted(Components.model_fields.keys() - WITH_DATA), False)
    deployment = load_deployment(PROJECT / "deployments" / f"{name}.yaml")
    return variation(deployment, {"components": off})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("data"), None)


def test_the_default_deployment_keeps_nothing_in_the_cluster(
    laboratory: Laboratory, folders: Iterator[Path]
) -> None:
    deployment = of_option("cognito-rds-s3")
    prepare(laboratory.cloud.clients, deployment)
    laboratory.deploy(synthesize(deployment, best_of(deployment), next(folders)))

    assert set(laboratory.statuses().values()) == {"CREATE_COMPLETE"}
    assert "KubeflowData" in laboratory.statuses()
    assert laboratory.read(f"{KUBEFLOW}/persistentvolumeclaims")["items"] == []
    [database] = laboratory.client("rds").describe_db_instances()["DBInstances"]
    config = laboratory.read(f"{KUBEFLOW}/configmaps/pipeline-install-config")["data"]
    assert config["mysqlHost"] == database["Endpoint"]["Address"]


def test_the_users_were_made_before_the_clients_started(laboratory: Laboratory) -> None:
    # Once an hour the CronJob that follows rotations makes a Job too.
    [job] = [
        each
        for each in laboratory.read(JOBS)["items"]
        if each["metadata"]["name"].startswith("database-bootstrap-")
    ]
    deployments = laboratory.read("/apis/apps/v1/namespaces/kubeflow/deployments")["items"]
    clients = {"ml-pipeline", "metadata-grpc-deployment", "cache-server", "katib-db-manager"}

    started = [
        each["metadata"]["creationTimestamp"]
        for each in deployments
        if each["metadata"]["name"] in clients
    ]

    assert len(started) == len(clients)
    assert job["status"]["completionTime"] <= min(started)


def test_pods_get_the_secrets_that_the_stack_made(laboratory: Laboratory) -> None:
    secrets = laboratory.client("secretsmanager")
    made = {
        each["Name"]: each["ARN"]
        for each in secrets.list_secrets()["SecretList"]
        if "/database/" in each["Name"]
    }
    classes = {
        each["metadata"]["name"]: each["spec"]["parameters"]["objects"]
        for each in laboratory.read(CLASSES)["items"]
    }

    assert made["kubeflow/database/pipelines"] in classes["pipelines-database"]
    assert made["kubeflow/database/katib"] in classes["katib-database"]
    for name in made:
        value = json.loads(secrets.get_secret_value(SecretId=name)["SecretString"])
        assert value["username"] == f"{name.rpartition('/')[2]}_a"
        assert len(value["password"]) == 32
        for stack in laboratory.stacks():
            assert value["password"] not in json.dumps(stack.outputs, default=str)
        for each in laboratory.read(f"{KUBEFLOW}/configmaps")["items"]:
            assert value["password"] not in json.dumps(each)


def test_the_profile_is_associated_with_its_folder(laboratory: Laboratory) -> None:
    iam = laboratory.client("iam")
    [role] = [
        each
        for each in iam.list_roles()["Roles"]
        if each.get("Description") == "Artifacts of a profile, by the namespace of its pods"
    ]
    policy = iam.get_role_policy(RoleName=role["RoleName"], PolicyName="Artifacts")

    assert "private-artifacts/${aws:PrincipalTag/kubernetes-namespace}/*" in str(
        policy["PolicyDocument"]
    )


def test_a_verification_finds_artifacts_in_the_bucket(laboratory: Laboratory) -> None:
    s3 = laboratory.client("s3")
    config = laboratory.read(f"{KUBEFLOW}/configmaps/pipeline-install-config")["data"]
    bucket, run = config["bucketName"], "01234567-89ab-cdef-0123-456789abcdef"
    root = "private-artifacts/alice/v2/artifacts"
    s3.put_object(Bucket=bucket, Key=f"{root}/xgboost/{run}/train/1/model", Body=b"model")

    [artifact] = artifacts_of(s3, f"s3://{bucket}/{root}", run)

    assert artifact.size == 5
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"


def test_a_removal_that_fails_keeps_what_it_had_not_reached(laboratory: Laboratory) -> None:
    """Somebody protected the database by hand; the next test goes on from here."""
    protect = laboratory.client("rds").modify_db_instance
    protect(DBInstanceIdentifier="kubeflow-metadata", DeletionProtection=True)

    with pytest.raises(CdkError, match="KubeflowData"):
        laboratory.cdk.destroy(laboratory.last_assembly)

    statuses = laboratory.statuses()
    assert statuses["KubeflowData"] == "DELETE_FAILED"
    assert statuses["KubeflowNetwork"] == "CREATE_COMPLETE"
    assert "KubeflowPlatform" not in statuses
    protect(DBInstanceIdentifier="kubeflow-metadata", DeletionProtection=False)


def test_everything_goes_the_artifacts_of_development_included(laboratory: Laboratory) -> None:
    laboratory.cdk.destroy(laboratory.last_assembly)

    assert laboratory.stacks() == []
    assert laboratory.leftovers() == {}


OTHERS = ["rds-s3", "rds-only", "s3-only", "cognito-rds-only", "cognito-s3-only"]


@pytest.mark.parametrize("name", OTHERS)
def test_every_other_option_comes_and_goes(
    name: str, laboratory: Laboratory, folders: Iterator[Path], sample_cache: Path
) -> None:
    deployment = of_option(name)
    prepare(laboratory.cloud.clients, deployment)

    laboratory.deploy(synthesize(deployment, sample_of(deployment, sample_cache), next(folders)))

    assert set(laboratory.statuses().values()) == {"CREATE_COMPLETE"}
    laboratory.cdk.destroy(laboratory.last_assembly)
    assert laboratory.stacks() == []
    assert laboratory.leftovers() == {}
