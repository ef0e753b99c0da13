"""Production and its pipeline on a local cloud: planned, checked, protected, removed.

The tests follow one another on one cloud, after those of other modules have left it empty; they
are the last, since what production keeps stays.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.cli.destroy_plan.removal import Removal, removal_of
from kubeflow_aws.deployment import Deployment, load_delivery, load_deployment
from localcloud.demo.cdk import CdkError, aws_environment
from tests.conftest import PIPELINE
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import PROJECT, Template, checked_delivery, synthesize
from tests.support.build_specs import build_spec
from tests.support.deployments import variation
from tests.support.platforms import sample_of
from tests.support.surroundings import prepare

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

FILE = PROJECT / "deployments" / "delivery" / "production.yaml"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("production"), None)


@pytest.fixture(scope="module")
def production() -> Deployment:
    """The example's production, in the laboratory's account and region."""
    return variation(load_deployment(FILE), {"account": None, "region": "us-west-2"})


def command(laboratory: Laboratory, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of ours as a person would, pointed at the laboratory."""
    return subprocess.run(
        [sys.executable, "-m", "kubeflow_aws", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
        env={
            **os.environ,
            **aws_environment(laboratory.cloud.endpoint, laboratory.region),
            "PYTHONPATH": "constructs:.",
        },
    )


def write(deployment: Deployment, folder: Path) -> str:
    """A deployment as a file."""
    file = folder / "deployment.yaml"
    # JSON is YAML.
    file.write_text(deployment.model_dump_json(exclude_unset=True, exclude_none=True), "utf-8")
    return str(file)


def deploy(laboratory: Laboratory, deployment: Deployment, folder: Path, cache: Path) -> None:
    laboratory.deploy(synthesize(deployment, sample_of(deployment, cache), folder))


def test_before_the_first_deployment_everything_is_new(
    laboratory: Laboratory, production: Deployment, folders: Iterator[Path], sample_cache: Path
) -> None:
    folder = next(folders)
    synthesize(production, sample_of(production, sample_cache), folder)

    done = command(laboratory, "plan", write(production, folder), "--assembly", str(folder))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Nothing is deployed" in done.stdout


def test_production_comes_up_and_passes_its_smoke_check(
    laboratory: Laboratory, production: Deployment, folders: Iterator[Path], sample_cache: Path
) -> None:
    prepare(laboratory.cloud.clients, production)
    folder = next(folders)

    deploy(laboratory, production, folder, sample_cache)

    file = write(production, folder)
    # No pod runs here, so nobody answers behind the load balancer.
    done = command(laboratory, "smoke", file, "--minutes", "0", "--no-sign-in")
    assert "Stacks" in done.stdout
    failed = [line for line in done.stdout.splitlines() if " NO " in line]
    assert all("Gateways" in line for line in failed), done.stdout + done.stderr


def test_the_plan_of_the_same_changes_nothing(
    laboratory: Laboratory, production: Deployment, folders: Iterator[Path]
) -> None:
    file = write(production, next(folders))

    done = command(laboratory, "plan", file, "--assembly", str(laboratory.last_assembly))

    assert "No Kubernetes object changes." in done.stdout, done.stdout + done.stderr


def test_the_plan_of_a_change_names_its_objects(
    laboratory: Laboratory, production: Deployment, folders: Iterator[Path], sample_cache: Path
) -> None:
    less = variation(production, {"components": {"spark": False}})
    folder = next(folders)
    synthesize(less, sample_of(less, sample_cache), folder)

    done = command(laboratory, "plan", write(less, folder), "--assembly", str(folder))

    assert "spark:" in done.stdout, done.stdout + done.stderr
    assert "is deleted" in done.stdout


def test_a_protected_removal_removes_nothing(laboratory: Laboratory) -> None:
    assert removal_of(laboratory.last_assembly).protected
    before = laboratory.statuses()

    with pytest.raises(CdkError, match="TerminationProtection"):
        laboratory.cdk.destroy(laboratory.last_assembly)

    assert laboratory.statuses() == before


def test_what_stays_is_what_the_plan_said(
    laboratory: Laboratory, production: Deployment, folders: Iterator[Path], sample_cache: Path
) -> None:
    open_ = variation(production, {"deletion_protection": False})
    deploy(laboratory, open_, next(folders), sample_cache)
    planned = removal_of(laboratory.last_assembly)

    laboratory.cdk.destroy(laboratory.last_assembly)

    assert not planned.protected
    assert laboratory.stacks() == []
    assert laboratory.client("eks").list_clusters()["clusters"] == []
    assert kept(laboratory) == promised(planned)


def test_a_deployment_takes_back_the_logs_that_stayed(laboratory: Laboratory) -> None:
    """`make redeploy`; without it, their names would stop the deployment."""
    kept_logs = [each["logGroupName"] for each in log_groups(laboratory)]
    network = ["--app", str(laboratory.last_assembly), "KubeflowNetwork", "--exclusively"]

    with pytest.raises(CdkError, match="already exists"):
        laboratory.cdk.run("deploy", ["deploy", *network, "--require-approval", "never"])
    laboratory.cdk.run(
        "redeploy",
        ["deploy", *network, "--require-approval", "never", "--import-existing-resources"],
    )

    assert laboratory.statuses() == {"KubeflowNetwork": "CREATE_COMPLETE"}
    laboratory.cdk.run("destroy", ["destroy", *network, "--force"])
    assert [each["logGroupName"] for each in log_groups(laboratory)] == kept_logs


def log_groups(laboratory: Laboratory) -> list[dict[str, Any]]:
    """All log groups, by name."""
    found: list[dict[str, Any]] = laboratory.client("logs").describe_log_groups()["logGroups"]
    return sorted(found, key=lambda each: str(each["logGroupName"]))


def promised(removal: Removal) -> dict[str, int]:
    """How many of each kind the plan says will stay."""
    kinds = [left.kind for left in removal.left]
    return {
        "buckets": kinds.count("bucket with its objects"),
        "file systems": kinds.count("file system with its files"),
        "log groups": kinds.count("logs"),
        "snapshots": kinds.count("last snapshot of the database"),
        "user pools": kinds.count("user pool with its users"),
    }


def kept(laboratory: Laboratory) -> dict[str, int]:
    """How many of each kind the services still have, beside the bootstrap stack's."""
    buckets = laboratory.client("s3").list_buckets()["Buckets"]
    rds = laboratory.client("rds").describe_db_snapshots(SnapshotType="manual")
    pools = laboratory.client("cognito-idp").list_user_pools(MaxResults=60)
    return {
        "buckets": sum(not each["Name"].startswith("cdk-hnb659fds") for each in buckets),
        "file systems": len(laboratory.client("efs").describe_file_systems()["FileSystems"]),
        "log groups": len(log_groups(laboratory)),
        "snapshots": len(rds["DBSnapshots"]),
        "user pools": len(pools["UserPools"]),
    }


@dataclass(frozen=True, kw_only=True)
class Pipelines:
    """The pipeline of one commit, and that of another one which takes an approval away.

    Attributes:
        approved: Folder of the first.
        taken_away: Folder of the other.
        compare: What the stage `Pipeline` runs.
    """

    approved: Path
    taken_away: Path
    compare: str


@pytest.fixture(scope="module")
def pipelines(folders: Iterator[Path], sample_cache: Path) -> Pipelines:
    delivery, deployments = load_delivery(PROJECT / PIPELINE, root=PROJECT)
    contents = [(each, sample_of(each, sample_cache)) for each in deployments]
    approved, taken_away = next(folders), next(folders)
    template: Template = {}
    for folder, approval in ((approved, True), (taken_away, False)):
        stages = [each.model_copy(update={"approval": approval}) for each in delivery.stages]
        here = delivery.model_copy(update={"account": "123456789012", "stages": tuple(stages)})
        template = checked_delivery(here, contents, PIPELINE, folder).assembly.stack("Delivery")
    commands = build_spec(template, "PipelineCompare")["phases"]["build"]["commands"]
    return Pipelines(approved=approved, taken_away=taken_away, compare="\n".join(commands))


def test_the_pipeline_is_deployed(laboratory: Laboratory, pipelines: Pipelines) -> None:
    """Its types are checked against their schemas and kept; nothing is built here."""
    only = ["--app", str(pipelines.approved), "KubeflowDelivery", "--exclusively"]

    laboratory.cdk.run("deploy", ["deploy", *only, "--require-approval", "never"])

    assert laboratory.statuses() == {"KubeflowDelivery": "CREATE_COMPLETE"}
    outputs = laboratory.client("cloudformation").describe_stacks(StackName="KubeflowDelivery")
    assert "MirrorBucket" in str(outputs["Stacks"][0]["Outputs"])


def compared(laboratory: Laboratory, pipelines: Pipelines, source: Path) -> tuple[int, str]:
    """What the pipeline's own command says of a commit, by the real CLI."""
    done = subprocess.run(
        ["bash", "-ec", pipelines.compare],  # noqa: S607  # of PATH, as in a build
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            **aws_environment(laboratory.cloud.endpoint, laboratory.region),
            "PATH": f"{PROJECT / 'node_modules' / '.bin'}:{os.environ['PATH']}",
            "CODEBUILD_SRC_DIR": str(source),
        },
    )
    return done.returncode, done.stdout + done.stderr


def test_a_commit_with_the_pipeline_that_runs_goes_on(
    laboratory: Laboratory, pipelines: Pipelines
) -> None:
    code, said = compared(laboratory, pipelines, pipelines.approved)

    assert code == 0, said


def test_a_commit_that_takes_an_approval_away_stops(
    laboratory: Laboratory, pipelines: Pipelines
) -> None:
    code, said = compared(laboratory, pipelines, pipelines.taken_away)

    assert code == 1
    assert "The pipeline of this commit is not the one that runs" in said
    assert f"make deploy-delivery DELIVERY={PIPELINE}" in said


def test_the_pipeline_goes(laboratory: Laboratory, pipelines: Pipelines) -> None:
    only = ["--app", str(pipelines.approved), "KubeflowDelivery", "--exclusively"]

    laboratory.cdk.run("destroy", ["destroy", *only, "--force"])

    assert laboratory.stacks() == []
