"""Runs Lambda functions: their real code and layers, in processes of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from localcloud.functions.packages import Packages

_HERE: Final = Path(__file__).parent
_GRACE_SECONDS: Final = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Function:
    """A function to run.

    Attributes:
        arn: The function's ARN.
        name: The function's name.
        region: For example ``us-west-2``.
        runtime: For example ``python3.13`` or ``nodejs22.x``.
        handler: ``MODULE.FUNCTION``.
        timeout: Seconds.
        memory: MiB; told to the function, not enforced.
        log_group: Where its log goes.
        environment: The function's own variables.
        code: The zip archive of its code.
        layers: The zip archives of its layers, in order.
        credentials: Access key, secret key and session token of the function's role.
    """

    arn: str
    name: str
    region: str
    runtime: str
    handler: str
    timeout: float
    memory: int
    log_group: str
    environment: Mapping[str, str]
    code: bytes
    layers: Sequence[bytes]
    credentials: tuple[str, str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What an invocation came to.

    Attributes:
        result: What the handler returned, if there is no error.
        error: ``errorType`` and ``errorMessage``, as Lambda gives them.
        log: What the function printed.
    """

    result: Any
    error: Mapping[str, str] | None
    log: str


class Runner:
    """Runs functions of one cloud.

    Args:
        folder: For unpacked code, the functions' scratch space, and what they print.
        endpoint: URL of the emulated AWS.
        callback: Host name and port that custom resources answer to.
        node: The Node.js that runs JavaScript functions.
        node_modules: Holds the AWS SDK clients that Lambda's Node.js runtimes bring along.
    """

    def __init__(
        self,
        *,
        folder: Path,
        endpoint: str,
        callback: tuple[str, int],
        node: Path,
        node_modules: Path,
    ) -> None:
        self._packages = Packages(folder / "packages")
        self._scratch = folder / "scratch"
        self._scratch.mkdir(parents=True, exist_ok=True)
        self._log = folder / "functions.log"
        self._log.touch(mode=0o600)
        self._endpoint = endpoint
        self._callback = callback
        self._node = node
        self._node_modules = node_modules
        self._processes: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()
        self._stopped = False

    def run(self, function: Function, event: object) -> Answer:
        """Invoke a function and wait for its answer, at most as long as its timeout."""
        with tempfile.TemporaryDirectory(
            dir=self._scratch, prefix="lambda-", ignore_cleanup_errors=True
        ) as scratch:
            answer = self._run(function, event, Path(scratch))
        self._keep(function.name, answer)
        return answer

    def _keep(self, name: str, answer: Answer) -> None:
        with self._lock, self._log.open("a", encoding="utf-8") as log:
            log.write(f"--- {datetime.now(UTC):%H:%M:%S} {name}\n{answer.log.rstrip()}\n")
            if answer.error:
                log.write(f"failed: {answer.error}\n")

    def stop(self) -> None:
        """End every function that is still running."""
        with self._lock:
            self._stopped = True
            processes = list(self._processes)
        for process in processes:
            _kill(process)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def _run(self, function: Function, event: object, scratch: Path) -> Answer:
        answer_end, function_end = os.pipe()
        task = self._packages.unpacked(function.code)
        environment = self._environment(function, task, scratch, function_end)
        with os.fdopen(answer_end) as answers:
            try:
                with self._lock:
                    if self._stopped:
                        return _failed("Sandbox.Stopped", "the local cloud is stopping", "")
                    process = subprocess.Popen(
                        self._command(function.runtime),
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        stderr=subprocess.STDOUT,
                        env=environment,
                        cwd=task,
                        pass_fds=[function_end],
                        start_new_session=True,
                    )
                    self._processes.add(process)
            finally:
                os.close(function_end)
            try:
                log, _ = process.communicate(
                    json.dumps(event).encode(), timeout=function.timeout + _GRACE_SECONDS
                )
            except subprocess.TimeoutExpired:
                _kill(process)
                log, _ = process.communicate()
                return _failed(
                    "Sandbox.Timedout",
                    f"Task timed out after {function.timeout:.2f} seconds",
                    log.decode(errors="replace"),
                )
            finally:
                with self._lock:
                    self._processes.discard(process)
            return _answer(answers.read(), log.decode(errors="replace"))

    def _command(self, runtime: str) -> list[str]:
        if runtime.startswith("nodejs"):
            return [str(self._node), str(_HERE / "bootstrap.js")]
        return [sys.executable, "-u", str(_HERE / "bootstrap.py")]

    def _environment(
        self, function: Function, task: Path, scratch: Path, answer_fd: int
    ) -> dict[str, str]:
        layers = [self._packages.unpacked(layer) for layer in function.layers]
        access_key, secret_key, token = function.credentials
        # As in Lambda, /opt is the layers, and /tmp outlives an invocation.
        kept = self._scratch / function.name
        kept.mkdir(exist_ok=True)
        own = {k: _relocated(v, layers, kept) for k, v in function.environment.items()}
        return {
            "PATH": ":".join(
                [*_programs(layers), str(Path(sys.executable).parent), *_system_path()]
            ),
            "HOME": str(scratch),
            "TMPDIR": str(scratch),
            # CDK's kubectl handler keeps its files there; else invocations would share /tmp.
            "TEST_OUTDIR": str(scratch),
            "LANG": "C.UTF-8",
            "LAMBDA_TASK_ROOT": str(task),
            "_HANDLER": function.handler,
            "AWS_REGION": function.region,
            "AWS_DEFAULT_REGION": function.region,
            "AWS_ENDPOINT_URL": self._endpoint,
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
            "AWS_SESSION_TOKEN": token,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": "local",
            "NODE_PATH": str(self._node_modules),
            "NODE_NO_WARNINGS": "1",
            "LOCALCLOUD_ANSWER_FD": str(answer_fd),
            "LOCALCLOUD_CALLBACK_HOST": self._callback[0],
            "LOCALCLOUD_CALLBACK_PORT": str(self._callback[1]),
            "LOCALCLOUD_FUNCTION_ARN": function.arn,
            "LOCALCLOUD_LAYERS": ":".join(map(str, layers)),
            "LOCALCLOUD_REQUEST_ID": str(uuid.uuid4()),
            "LOCALCLOUD_TIMEOUT": str(function.timeout),
            **own,
        }


def _relocated(value: str, layers: Sequence[Path], kept: Path) -> str:
    if value.startswith("/tmp/"):  # noqa: S108  # Lambda's name, not this machine's
        return str(kept / value.removeprefix("/tmp/"))  # noqa: S108
    name = value.removeprefix("/opt/")
    if name == value:
        return value
    return next((str(layer / name) for layer in layers if (layer / name).exists()), value)


def _programs(layers: Sequence[Path]) -> list[str]:
    return [
        str(layer / name)
        for layer in layers
        for name in ("kubectl", "helm", "awscli", "bin")
        if (layer / name).is_dir()
    ]


def _system_path() -> list[str]:
    return os.environ.get("PATH", os.defpath).split(os.pathsep)


def _answer(text: str, log: str) -> Answer:
    try:
        answer = json.loads(text)
    except ValueError:
        return _failed("Runtime.ExitError", "Error: Runtime exited without providing a reason", log)
    return Answer(result=answer.get("result"), error=answer.get("error"), log=log)


def _failed(kind: str, message: str, log: str) -> Answer:
    return Answer(result=None, error={"errorType": kind, "errorMessage": message}, log=log)


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
