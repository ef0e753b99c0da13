"""How a demo ends that cannot go on: in one sentence, with nothing half-done."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from localcloud import __main__ as program
from localcloud.demo.cdk import Cdk, CdkError, reason_of
from localcloud.demo.driver import Application, Demo, DemoError
from localcloud.state import Running, State
from tests.localcloud.fake_apps import fake_app
from tests.support.waiting import eventually

RUNNING = Running(pid=os.getpid(), endpoint="http://127.0.0.1:1", admin_token="t")  # noqa: S106
REAL = "its real sources"
ORIGIN = re.compile(r"^Kubeflow \S+ from ([^,\n]+)", re.MULTILINE)

BOOTSTRAP_FAILED = """\
 ⏳  Bootstrapping environment aws://123456789012/us-west-2...
 ❌  Environment aws://123456789012/us-west-2 failed bootstrapping: Error: connect ECONNREFUSED {
    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1864:16) {
  code: 'ECONNREFUSED',
  '$metadata': [Object]
}
connect ECONNREFUSED
"""
APP_FAILED = """\
rendering 21 components from upstream sources
error: deployments/mine.yaml: auth.provider: found ldap; allowed: cognito, dex
Subprocess exited with error 1
"""


def cdk(project: Path) -> Cdk:
    return Cdk(
        project=project, endpoint="http://127.0.0.1:1", region="us-west-2", logs=project / "logs"
    )


@pytest.fixture
def state(tmp_path: Path) -> State:
    state = State(tmp_path / "state")
    state.folder.mkdir()
    return state


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            APP_FAILED,
            "deployments/mine.yaml: auth.provider: found ldap; allowed: cognito, dex",
        ),
        (
            BOOTSTRAP_FAILED,
            "Environment aws://123456789012/us-west-2 failed bootstrapping: Error: connect "
            "ECONNREFUSED",
        ),
        ("Error: no space left on device\n    at open (node:fs:1:1)\n", "no space left on device"),
        ("something else\n    at open (node:fs:1:1)\n", "something else"),
        ("", "it said nothing"),
    ],
    ids=["application", "bootstrap", "node", "other", "silent"],
)
def test_the_reason_of_a_failure_is_no_call_stack(said: str, reason: str) -> None:
    assert reason_of(said) == reason


DEPLOY_THAT_FAILED = """\
KubeflowPlatform | 0/3 | 11:48:45 AM | UPDATE_FAILED | AWS::CloudFormation::Stack | Kubeflow
❌  KubeflowPlatform failed to deploy
‣ DeploymentError: Resource updates failed:
KubeflowPlatform/Nested stack ComponentsKubeflow/Workloads2
  (Custom::AWSCDK-EKS-KubernetesResource Workloads2)
  Received response status [FAILED] from custom resource. Message returned: Error:
  b'serviceaccount/profiles-controller-service-account
  serverside-applied\\ndeployment.apps/dashboard serverside-applied\\nError from server: failed to
  create typed patch object (kubeflow/broken; apps/v1, Kind=Deployment):
  .spec.replicas: expected numeric (int or float), got string\\n'

Logs:
  /aws/lambda/KubeflowCluster-ControlPlaneClusterKubectlProviderH-N00Z0XKARJV3

    at invokeUserFunction
  (framework.js:2:6)
"""
"""What aws-cdk 2 says with --progress events when kubectl refuses an object."""


def test_a_failed_deployment_says_which_resource_and_what_kubernetes_said() -> None:
    assert reason_of(DEPLOY_THAT_FAILED) == (
        "KubeflowPlatform failed to deploy: DeploymentError: Resource updates failed: "
        "KubeflowPlatform/Nested stack ComponentsKubeflow/Workloads2 "
        "(Custom::AWSCDK-EKS-KubernetesResource Workloads2) Received response status [FAILED] from "
        "custom resource. Message returned: Error: Error from server: failed to create typed patch "
        "object (kubeflow/broken; apps/v1, Kind=Deployment): .spec.replicas: expected numeric "
        "(int or float), got string"
    )


DEPLOY_THAT_WAS_ROLLED_BACK_AT_ONCE = """\
KubeflowPlatform | 0/3 | 6:24:45 PM | UPDATE_FAILED           | AWS::CloudFormation::Stack | Kubefl
KubeflowPlatform | 2/3 | 6:24:47 PM | UPDATE_ROLLBACK_COMPLET | AWS::CloudFormation::Stack | Kubefl

Failed resources:
KubeflowPlatform | 6:24:45 PM | UPDATE_FAILED           | AWS::CloudFormation::Stack | Components/\
Kubeflow.NestedStackResource was not successfully updated: The following resource(s) failed to \
update: [Workloads2].
❌  KubeflowPlatform failed to deploy
‣ DeploymentError: The stack named KubeflowPlatform failed to deploy: UPDATE_ROLLBACK_COMPLETE

    at invokeUserFunction
  (framework.js:2:6)
"""
"""What it says if the roll-back is over before it asks the nested stack."""


def test_a_deployment_that_is_rolled_back_at_once_names_its_resource() -> None:
    assert reason_of(DEPLOY_THAT_WAS_ROLLED_BACK_AT_ONCE) == (
        "KubeflowPlatform failed to deploy: DeploymentError: The stack named KubeflowPlatform "
        "failed to deploy: UPDATE_ROLLBACK_COMPLETE: Components/Kubeflow.NestedStackResource was "
        "not successfully updated: The following resource(s) failed to update: [Workloads2]"
    )


def test_a_cdk_that_fails_says_why_and_where_the_rest_is(tmp_path: Path) -> None:
    project = fake_app(tmp_path, "echo 'error: it is so'; echo '    at x (y:1:2)'; exit 1")

    with pytest.raises(CdkError) as caught:
        cdk(project).bootstrap(["us-west-2"])

    log = tmp_path / "logs" / "cdk-bootstrap.log"
    assert str(caught.value) == f"cdk bootstrap failed: it is so ({log} has all that it said)"
    assert "at x (y:1:2)" in log.read_text()


def test_an_interrupted_cdk_leaves_no_process(tmp_path: Path) -> None:
    child = tmp_path / "child"
    project = fake_app(tmp_path, f"sleep 600 & echo $! > {child}.new; mv {child}.new {child}; wait")
    main = threading.main_thread().ident
    assert main is not None

    def interrupt() -> None:
        while not child.exists():
            time.sleep(0.02)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        cdk(project).bootstrap(["us-west-2"])

    status = Path(f"/proc/{child.read_text().strip()}/status")

    def running() -> bool:
        try:
            return "Z (zombie)" not in status.read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False

    # A signal is sent at once, and the kernel ends its process when it runs next.
    eventually(running, seconds=20)


class TestOrigin:
    """Two origins cannot follow one another: the sample of a platform, and the real one."""

    def demo(self, state: State, folder: Path) -> Demo:
        return Demo(
            application=Application(folder=folder, origin=ORIGIN),
            state=state,
            running=RUNNING,
            console=Console(quiet=True),
            called="./it",
        )

    def test_another_origin_than_the_deployed_one_stops_before_anything_is_deployed(
        self, state: State, tmp_path: Path
    ) -> None:
        script = f'echo "$1" >> {tmp_path}/calls; mkdir -p "$4"; echo "Kubeflow 26.03 from {REAL}"'
        project = fake_app(tmp_path / "project", script)
        demo = self.demo(state, project)
        demo.assembly.mkdir()
        (demo.assembly / "manifest.json").write_text("of the sample")
        state.record_origin("the bundled SAMPLE")

        with pytest.raises(DemoError) as caught:
            demo.deploy()

        assert str(caught.value) == (
            "the demo that is up comes from the bundled SAMPLE, and this one would come from its "
            "real sources, whose objects cannot replace the others; run ./it destroy, then ./it "
            "deploy again. Nothing was deployed"
        )
        assert (tmp_path / "calls").read_text() == "synth\n"
        assert (demo.assembly / "manifest.json").read_text() == "of the sample"

    @pytest.mark.parametrize("deployed", [None, "the bundled SAMPLE"])
    def test_the_same_origin_and_the_first_one_are_taken(
        self, deployed: str | None, state: State, tmp_path: Path
    ) -> None:
        if deployed:
            state.record_origin(deployed)
        said = "Kubeflow 26.03 from the bundled SAMPLE, which is not Kubeflow: do not deploy it"

        assert self.demo(state, tmp_path)._checked_origin(said) == "the bundled SAMPLE"

    def test_one_that_nobody_asks_for_is_never_another(self, state: State, tmp_path: Path) -> None:
        demo = self.demo(state, tmp_path)
        demo.application = Application(folder=tmp_path)
        state.record_origin("")

        assert demo._checked_origin(f"Kubeflow 26.03 from {REAL}") == ""

    def test_a_stopped_cloud_has_none(self, state: State) -> None:
        state.record_origin(REAL)
        assert state.origin == REAL
        state.forget()
        assert state.origin is None


class TestInterrupted:
    """Ctrl-C, whatever is under way."""

    @pytest.fixture
    def stopped(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """Which stops of the local cloud there were."""
        stops: list[str] = []
        monkeypatch.setattr(State, "stop", lambda _: stops.append("stop"))
        # The handlers of this process stay what they are.
        monkeypatch.setattr(signal, "signal", lambda *_: None)
        return stops

    @staticmethod
    def interrupted(*_: object, **__: object) -> Running:
        raise KeyboardInterrupt

    def running(self) -> Callable[..., Running]:
        return lambda *_, **__: RUNNING

    @pytest.mark.parametrize("command", [["deploy"], ["destroy"]])
    @pytest.mark.parametrize("phase", ["start", "work"])
    def test_it_ends_in_one_sentence(
        self,
        command: list[str],
        phase: str,
        stopped: list[str],
        state: State,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        early = phase == "start"
        monkeypatch.setattr(State, "running", self.interrupted if early else self.running())
        for name in ("deploy", "destroy"):
            monkeypatch.setattr(Demo, name, self.interrupted)

        done = CliRunner().invoke(program.cli, [*command, "--state", str(state.folder)])

        assert done.exit_code == 130
        sentences = [line for line in done.output.splitlines() if "up already" not in line]
        assert sentences == ["interrupted: the local cloud is stopped, and nothing is left"]
        assert stopped == ["stop"]

    def test_a_removal_that_fails_stops_the_cloud_as_well(
        self, stopped: list[str], state: State, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def failing(_: Demo) -> None:
            raise CdkError("cdk destroy failed")

        monkeypatch.setattr(State, "running", self.running())
        monkeypatch.setattr(Demo, "destroy", failing)

        done = CliRunner().invoke(program.cli, ["destroy", "--state", str(state.folder)])

        assert isinstance(done.exception, CdkError)
        assert stopped == ["stop"]
