"""The state directory: one local cloud, one demo at a time, and what a dead one left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from localcloud import server
from localcloud.__main__ import cli
from localcloud.state import Running, State, StateError
from tests.localcloud.fake_apps import fake_app

PROJECT = Path(__file__).resolve().parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(server.__file__).parents[1])}


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "localcloud", *arguments, "--state", str(folder)]
    return subprocess.run(
        command,
        cwd=PROJECT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.fixture
def state(tmp_path: Path) -> State:
    return State(tmp_path / "state")


def test_a_local_cloud_starts_in_the_background_and_stops(state: State) -> None:
    running = server.start(state, app=PROJECT, port=0)

    assert state.running() == running
    assert oct((state.folder / "running.json").stat().st_mode & 0o777) == "0o600"
    assert running.endpoint.startswith("http://127.0.0.1:")
    assert state.stop()
    assert not running.is_alive
    assert state.running() is None
    assert not state.stop()


def test_it_listens_on_loopback_only(state: State) -> None:
    running = server.start(state, app=PROJECT, port=0)
    try:
        lines = Path(f"/proc/{running.pid}/net/tcp").read_text().splitlines()[1:]
        files = [str(f.readlink()) for f in Path(f"/proc/{running.pid}/fd").iterdir()]
        inodes = {file.strip("socket:[]") for file in files if file.startswith("socket:")}
        listening = [
            fields[1]
            for fields in (line.split() for line in lines)
            if fields[3] == "0A" and fields[9] in inodes
        ]
    finally:
        state.stop()

    assert listening
    assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def test_a_second_server_in_one_state_directory_is_refused(state: State) -> None:
    server.start(state, app=PROJECT, port=0)
    try:
        done = run("serve", folder=state.folder)
    finally:
        state.stop()

    assert done.returncode == 1
    assert done.stderr.strip() == "error: a local cloud runs already"


def test_a_port_in_use_is_refused_with_a_way_out(state: State) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StateError, match=rf"port {port} .* is in use; .* another with --port"):
            server.start(state, app=PROJECT, port=port)

    assert state.running() is None


def test_two_demos_at_once_are_refused(state: State) -> None:
    with state.exclusively("a demo"):
        done = run("deploy", folder=state.folder)

    assert done.returncode == 1
    assert f"error: a demo (process {os.getpid()}) is using" in done.stderr
    assert "--state" in done.stderr


def test_the_lock_of_a_demo_that_died_is_free(state: State) -> None:
    with pytest.raises(ZeroDivisionError), state.exclusively("a demo"):
        raise ZeroDivisionError

    with state.exclusively("a demo"):
        assert "a demo" in (state.folder / "lock").read_text()


def test_what_a_killed_cloud_left_is_cleaned_up(state: State) -> None:
    first = server.start(state, app=PROJECT, port=0)
    os.kill(first.pid, signal.SIGKILL)
    os.waitpid(first.pid, 0)
    (state.folder / "clusters" / "left").mkdir(parents=True)

    assert state.running() is None
    assert not (state.folder / "clusters").exists()
    second = server.start(state, app=PROJECT, port=0)
    assert second.pid != first.pid
    state.stop()


def test_a_process_that_only_has_the_number_is_not_taken_for_the_cloud(state: State) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        state.write(Running(pid=other.pid, endpoint="http://127.0.0.1:1", admin_token="t"))  # noqa: S106

        assert state.running() is None
        assert not state.stop()
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("text", ["", "{", "[]", json.dumps({"pid": 1, "unknown": 2})])
def test_a_broken_state_file_counts_as_none(state: State, text: str) -> None:
    state.folder.mkdir(parents=True)
    (state.folder / "running.json").write_text(text)

    assert state.running() is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_stops_the_cloud_and_leaves_nothing(
    state: State, number: signal.Signals, tmp_path: Path
) -> None:
    app = fake_app(tmp_path / "app", "sleep 600")
    options = ["--app", str(app), "--state", str(state.folder)]
    command = [sys.executable, "-m", "localcloud", "deploy", *options]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        env=ENVIRONMENT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as demo:
        killer = threading.Timer(180, demo.kill)
        killer.start()
        assert demo.stdout
        # Until it is in the middle of something.
        for line in demo.stdout:
            if "synthesize" in line:
                break
        running = state.running()
        os.killpg(demo.pid, number)
        said = demo.stdout.read()
        code = demo.wait()
        killer.cancel()

    assert code == 130
    assert "interrupted: the local cloud is stopped, and nothing is left" in said
    assert running
    assert not running.is_alive
    assert state.running() is None


@pytest.mark.parametrize("command", ["deploy", "destroy"])
def test_others_are_kept_out_until_an_interrupted_cloud_is_stopped(
    state: State, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    refusals: list[str] = []

    def interrupt(_: State) -> None:
        raise KeyboardInterrupt

    def stop(_: State) -> bool:
        with pytest.raises(StateError) as refusal, State(state.folder).exclusively("another"):
            pass
        refusals.append(str(refusal.value))
        return True

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(State, "running", interrupt)
    monkeypatch.setattr(State, "stop", stop)
    done = CliRunner().invoke(cli, [command, "--state", str(state.folder)])

    assert done.exit_code == 130

    assert len(refusals) == 1
    assert "is using" in refusals[0]


def test_commands_that_need_a_cloud_say_how_to_get_one(state: State) -> None:
    for command in (("env",), ("kubectl", "get", "pods")):
        done = run(*command, folder=state.folder)
        assert done.returncode == 1
        assert (
            done.stderr.strip()
            == "error: no local cloud runs; start one with python -m localcloud deploy"
        )
