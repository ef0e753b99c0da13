"""`make verify`, part by part: a server like Pipelines', S3 of moto, SQL on a real server."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiohttp import web
from moto import mock_aws

from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.verify.artifacts import artifacts_of
from kubeflow_aws.cli.verify.command import example
from kubeflow_aws.cli.verify.errors import VerificationError
from kubeflow_aws.cli.verify.kubectl import Kubectl
from kubeflow_aws.cli.verify.metadata import TABLES, query_for, reader, rows_in
from kubeflow_aws.cli.verify.pipeline_run import EXPERIMENT, PipelineApi
from tests.gateway.envoy import free_port
from tests.gateway.serving import serving
from tests.support.schemas import Schemas

RUN = "01234567-89ab-cdef-0123-456789abcdef"
ROOT = "s3://artifacts/private-artifacts/alice/v2/artifacts"


class Pipelines:
    """A server that takes experiments and runs as the API server does."""

    def __init__(self, *states: str) -> None:
        self.states = list(states)
        self.experiments: list[dict[str, Any]] = []
        self.runs: list[dict[str, Any]] = []
        self.users: set[str] = set()

    def application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/apis/v2beta1/experiments", self.list_experiments)
        app.router.add_post("/apis/v2beta1/experiments", self.create_experiment)
        app.router.add_post("/apis/v2beta1/runs", self.create_run)
        app.router.add_get("/apis/v2beta1/runs/{id}", self.get_run)
        return app

    async def list_experiments(self, request: web.Request) -> web.Response:
        self.users.add(request.headers["kubeflow-userid"])
        return web.json_response({"experiments": self.experiments})

    async def create_experiment(self, request: web.Request) -> web.Response:
        body = await request.json()
        if body["namespace"] != "alice":
            return web.json_response({"error": "not authorized"}, status=403)
        self.experiments.append({**body, "experiment_id": "e1"})
        return web.json_response(self.experiments[-1])

    async def create_run(self, request: web.Request) -> web.Response:
        self.runs.append(await request.json())
        return web.json_response({"run_id": RUN})

    async def get_run(self, request: web.Request) -> web.Response:
        assert request.match_info["id"] == RUN
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        return web.json_response({"state": state, "error": {"message": "a step broke"}})


@pytest.fixture
def pipelines(request: pytest.FixtureRequest) -> Iterator[tuple[Pipelines, PipelineApi]]:
    server, port = Pipelines(*request.param), free_port()
    with serving(server.application(), port):
        url = f"http://127.0.0.1:{port}"
        yield server, PipelineApi(url=url, user="alice@example.com", namespace="alice")


@pytest.mark.parametrize("pipelines", [("PENDING", "RUNNING", "SUCCEEDED")], indirect=True)
def test_a_run_is_started_in_one_experiment_and_waited_for(
    pipelines: tuple[Pipelines, PipelineApi],
) -> None:
    server, api = pipelines
    said: list[str] = []

    assert api.create_experiment() == api.create_experiment() == "e1"
    run = api.start("e1", example(), {"rows": 100})
    api.wait(run, minutes=1, notify=said.append, pause=0.01)

    assert [each["display_name"] for each in server.experiments] == [EXPERIMENT]
    assert server.users == {"alice@example.com"}
    [started] = server.runs
    assert started["service_account"] == "default-editor"
    assert started["runtime_config"] == {"parameters": {"rows": 100}}
    assert started["pipeline_spec"]["pipelineInfo"]["name"] == "xgboost-iterative-training"
    assert [each.rpartition(" ")[2] for each in said] == ["PENDING", "RUNNING", "SUCCEEDED"]


@pytest.mark.parametrize("pipelines", [("RUNNING", "FAILED")], indirect=True)
def test_a_run_that_fails_says_why(pipelines: tuple[Pipelines, PipelineApi]) -> None:
    with pytest.raises(VerificationError, match="ended as FAILED: a step broke"):
        pipelines[1].wait(RUN, minutes=1, notify=lambda _: None, pause=0.01)


@pytest.mark.parametrize("pipelines", [("RUNNING",)], indirect=True)
def test_a_run_that_never_ends_is_given_up(pipelines: tuple[Pipelines, PipelineApi]) -> None:
    with pytest.raises(VerificationError, match="look at its pods: kubectl get pods -n alice"):
        pipelines[1].wait(RUN, minutes=0.001, notify=lambda _: None, pause=0.01)


@pytest.mark.parametrize("pipelines", [("RUNNING",)], indirect=True)
def test_anothers_namespace_is_refused(pipelines: tuple[Pipelines, PipelineApi]) -> None:
    _, api = pipelines
    stranger = PipelineApi(url=api.url, user="mallory@example.com", namespace="bob")

    with pytest.raises(VerificationError, match=r"refuses POST experiments to mallory@.* in bob"):
        stranger.create_experiment()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    # AWS's managed policies take most of the time of a test, and nothing here asks for one.
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="artifacts")
        yield client


def test_the_artifacts_of_the_run_are_shown_and_no_others(s3: Any) -> None:
    folder = "private-artifacts/alice/v2/artifacts/xgboost-iterative-training"
    for run in (RUN, str(uuid.uuid4())):
        s3.put_object(Bucket="artifacts", Key=f"{folder}/{run}/train/model", Body=b"model")

    [found] = artifacts_of(s3, ROOT, RUN)

    assert found.key == f"{folder}/{RUN}/train/model"
    assert found.size == 5


@pytest.mark.parametrize(
    ("root", "message"),
    [(ROOT, "left nothing under"), ("minio://mlpipeline/v2/artifacts", "which is not in S3")],
)
def test_a_run_without_artifacts_is_no_success(root: str, message: str, s3: Any) -> None:
    with pytest.raises(VerificationError, match=message):
        artifacts_of(s3, root, RUN)


def test_the_pod_is_one_that_the_namespace_admits() -> None:
    config = {"mysqlHost": "db.example.com", "mysqlPort": "3307"}
    pod = reader(config, RUN, rds=True)
    [container] = pod["spec"]["containers"]

    assert Schemas([], "1.35").error(pod) is None
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert "password" not in str([each.get("value") for each in container["env"]])


def test_what_is_no_id_never_stands_in_sql() -> None:
    with pytest.raises(VerificationError, match="no id of a run"):
        query_for("x' OR '1'='1")


def test_a_run_that_is_not_there_is_no_success() -> None:
    with pytest.raises(VerificationError, match="not in table run_details"):
        rows_in("run_details\t3\nthis run\t0\n")


def test_kubectl_that_is_not_there_is_a_sentence() -> None:
    with pytest.raises(VerificationError, match="kubectl cannot be run"):
        Kubectl(program="no-such-kubectl").run("get", "pods")


def test_a_forward_that_fails_is_a_sentence(tmp_path: Path) -> None:
    program = tmp_path / "kubectl"
    program.write_text("#!/bin/sh\necho 'error: unable to connect' >&2\nexit 1\n")
    program.chmod(0o755)

    with (
        pytest.raises(VerificationError, match="no way to service kubeflow/ml-pipeline: error"),
        Kubectl(program=str(program)).forwarded("ml-pipeline", 8888, "kubeflow"),
    ):
        pass


def test_the_example_trains_until_it_is_good_enough(tmp_path: Path) -> None:
    """With kfp's own local runner: the components' real code, in processes of their own."""
    done = subprocess.run(
        [sys.executable, "-c", LOCAL_RUN, str(tmp_path)],
        env={
            **os.environ,
            "PYTHONPATH": f"{PROJECT / 'constructs'}:{PROJECT}",
            # Each component asks pip for its packages, which are here.
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    first, last = map(float, done.stdout.split("ERRORS")[1].split()[:2])
    assert last <= 1.5 < first
    assert (next(tmp_path.glob("*/train-until-good/model"))).stat().st_size > 0


LOCAL_RUN = """
import json, pathlib, sys
from kfp import local
from kubeflow_aws.cli.checkout import PROJECT
sys.path.insert(0, str(PROJECT / "examples" / "xgboost"))
import pipeline
root = pathlib.Path(sys.argv[1])
local.init(runner=local.SubprocessRunner(use_venv=False), pipeline_root=str(root))
task = pipeline.iterative_training(rows=500, rounds=2, stages=40, good_error=1.5)
[output] = root.glob("*/evaluate/executor_output.json")
first = json.loads(output.read_text())["artifacts"]["metrics"]["artifacts"][0]["metadata"]
print("ERRORS", first["mean_squared_error"], task.output)
"""


def test_every_table_is_counted() -> None:
    rows = rows_in("".join(f"{table}\t1\n" for table in TABLES) + "this run\t1\n")

    assert rows.keys() == {*TABLES, "this run"}
