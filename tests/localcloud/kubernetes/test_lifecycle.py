"""An API starts, breaks down for a while, and stops without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import localcloud
from localcloud.kubernetes.api import KubernetesApi
from localcloud.kubernetes.control_plane import ControlPlane
from localcloud.kubernetes.programs import PROGRAMS
from localcloud.kubernetes.start import StartProps, start_api
from tests.localcloud.kubernetes.objects import config_map, configs, deployment
from tests.support.kubernetes import Cluster, authenticate
from tests.support.waiting import eventually

CHILD = """
import sys, time
from pathlib import Path
from localcloud.kubernetes.start import StartProps, start_api
api = start_api(
    StartProps(
        version="1.35",
        authenticate=lambda token: None,
        folder=Path(sys.argv[1]),
        programs=Path(sys.argv[2]),
        region="us-west-2",
    )
)
print(api.url, flush=True)
time.sleep(600)
"""
needs_proc = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


def start(folder: Path, programs: Path | None = None) -> KubernetesApi:
    return start_api(
        StartProps(
            version="1.35",
            authenticate=authenticate,
            folder=folder,
            programs=programs,
            region="us-west-2",
        )
    )


def answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((str(address.hostname), address.port or 0), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def running(folder: Path) -> dict[int, bytes]:
    """The command lines that have a folder on them, by process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes()
        except OSError:
            continue
        if str(folder).encode() in line:
            found[int(entry.parent.name)] = line
    return found


def all_running(folder: Path) -> dict[int, bytes]:
    """The same, once every supervisor has started its program."""
    eventually(lambda: set(PROGRAMS) - programs_of(running(folder)), seconds=20)
    return running(folder)


def programs_of(lines: dict[int, bytes]) -> set[str]:
    """Which programs run by themselves, not their supervisors."""
    return {Path(line.split(b"\0")[0].decode()).name for line in lines.values()} & set(PROGRAMS)


def test_an_outage_refuses_connections_and_loses_nothing(cluster: Cluster, namespace: str) -> None:
    made = cluster.done("POST", configs(namespace), config_map("one", namespace, a="1"))
    cluster.api.pause()
    assert not answers(cluster.api.url)
    assert "refused" in cluster.refusal("-n", namespace, "get", "cm")
    cluster.api.resume()
    assert answers(cluster.api.url)
    assert cluster.get(configs(namespace, "one"))["metadata"]["uid"] == made["metadata"]["uid"]
    # The controllers are back at work, too.
    cluster.apply(deployment("web", namespace))
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=60s")


def test_two_small_apis_at_a_time_do_not_know_of_each_other(tmp_path: Path) -> None:
    apis = [start(tmp_path / name) for name in ("a", "b")]
    first, second = (Cluster.of(api, tmp_path / f"of-{number}") for number, api in enumerate(apis))
    namespace = first.namespace()
    assert first.exists(f"/api/v1/namespaces/{namespace}")
    assert not second.exists(f"/api/v1/namespaces/{namespace}")
    assert second.kubectl("version").splitlines()[-1] == "Server Version: v1.35.0-localcloud"
    for api in apis:
        api.stop()
        assert not answers(api.url)


def test_a_small_api_that_is_paused_can_be_stopped(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    api = start(tmp_path)
    api.pause()
    api.stop()
    assert not answers(api.url)
    assert not {thread.name for thread in set(threading.enumerate()) - before if thread.is_alive()}


@needs_proc
def test_a_real_one_that_is_paused_stops_and_leaves_nothing(
    control_plane: Path, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    api = start(state, control_plane)
    assert all_running(state)
    api.pause()
    assert programs_of(running(state)) == set(PROGRAMS) - {"kube-apiserver"}
    api.stop()
    assert not running(state)
    assert not answers(api.url)
    assert not state.exists()


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_a_program_that_does_not_come_up_is_told_and_stopped(tmp_path: Path, name: str) -> None:
    for program in PROGRAMS:
        text = "#!/bin/sh\nexec sleep 600\n"
        if program == name:
            text = "#!/bin/sh\necho out of order >&2\nexit 3\n"
        (tmp_path / program).write_text(text)
        (tmp_path / program).chmod(0o755)
    with pytest.raises(RuntimeError, match=f"{name} .*out of order"):
        start(tmp_path / "state", tmp_path)
    assert not running(tmp_path)
    assert not (tmp_path / "state").exists()


@needs_proc
@pytest.mark.parametrize("step", ["_have_folder", "_answer_calls", "_wait"])
def test_what_is_interrupted_while_it_starts_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    begin = getattr(ControlPlane, step)

    def interrupt(self: ControlPlane, *arguments: object) -> None:
        if step != "_wait":
            begin(self, *arguments)
        raise KeyboardInterrupt

    for program in PROGRAMS:
        (tmp_path / program).write_text("#!/bin/sh\nexec sleep 600\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setattr(ControlPlane, step, interrupt)
    before = set(threading.enumerate())
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "state", tmp_path)
    assert not running(tmp_path)
    assert not (tmp_path / "state").exists()
    assert set(threading.enumerate()) <= before


def test_a_folder_may_be_deep_and_no_socket_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in PROGRAMS:
        (tmp_path / program).write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
        (tmp_path / program).chmod(0o755)
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        with pytest.raises(RuntimeError, match="out of order"):
            start(tmp_path / ("deep" * 30) / "state", tmp_path)
        assert not list(Path(folder).iterdir())


@needs_proc
@pytest.mark.parametrize("victim", ["parent", "supervisors"])
def test_nothing_outlives_a_process_that_is_killed(
    control_plane: Path, tmp_path: Path, victim: str
) -> None:
    state = tmp_path / "state"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(state), str(control_plane)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(localcloud.__file__).parents[1])},
    )
    assert child.stdout
    try:
        url = child.stdout.readline().strip()
        lines = all_running(state)
        supervisors = [pid for pid, line in lines.items() if b"supervise.py" in line]
        assert len(supervisors) == len(PROGRAMS)
        if victim == "supervisors":
            for pid in supervisors:
                os.kill(pid, signal.SIGKILL)
        else:
            child.kill()
        eventually(lambda: set(running(state)) - {child.pid}, seconds=20)
        eventually(lambda: answers(url), seconds=20)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
