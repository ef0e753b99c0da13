"""An API starts, breaks down for a while, and stops without a trace."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from localcloud.kubernetes.start import MissingAssetsError, start_api
from tests.conftest import PROJECT
from tests.localcloud.kubernetes.cluster import Cluster, authenticate, config_map, deployment

CHILD = """
import sys, time
from pathlib import Path
from localcloud.kubernetes.start import start_api
api = start_api("1.34", lambda token: None, Path(sys.argv[1]), Path(sys.argv[2]), "us-west-2")
print(api.url, flush=True)
time.sleep(600)
"""


def answers(url: str) -> bool:
    address = urlsplit(url)
    try:
        socket.create_connection((str(address.hostname), address.port or 0), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def supervised(folder: Path) -> list[int]:
    """Processes that have a folder on their command lines."""
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in entry.read_bytes():
                found.append(int(entry.parent.name))
        except OSError:
            continue
    return found


def test_an_outage_refuses_connections_and_loses_nothing(cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    made = cluster.done("POST", path, config_map("one", namespace, a="1"))
    cluster.api.pause()
    assert not answers(cluster.api.url)
    refusal = cluster.refusal("-n", namespace, "get", "cm")
    assert "refused" in refusal
    cluster.api.resume()
    assert answers(cluster.api.url)
    assert cluster.get(f"{path}/one")["metadata"]["uid"] == made["metadata"]["uid"]
    # The controllers are back at work, too.
    cluster.apply(deployment("web", namespace))
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=30s")


def test_the_version_needs_no_token(cluster: Cluster) -> None:
    code, version = cluster.request("GET", "/version", token="of-nobody")  # noqa: S106
    if not cluster.is_real:
        assert code == 200
        assert (version["major"], version["minor"]) == ("1", "34")
    # A token that is given must be good for a real one.
    assert code in {200, 401}


def test_two_apis_at_a_time_do_not_know_of_each_other(tmp_path: Path, kubectl: Path) -> None:
    apis = [start_api("1.35", authenticate, tmp_path / n, None, "r") for n in ("a", "b")]
    first, second = (
        Cluster(api=api, kubectl_file=kubectl, folder=tmp_path, is_real=False) for api in apis
    )
    namespace = first.namespace()
    assert first.exists(f"/api/v1/namespaces/{namespace}")
    assert not second.exists(f"/api/v1/namespaces/{namespace}")
    assert second.kubectl("version").splitlines()[-1] == "Server Version: v1.35.0-localcloud"
    for api in apis:
        api.stop()
        assert not answers(api.url)


def test_a_paused_api_can_be_stopped(tmp_path: Path) -> None:
    api = start_api("1.35", authenticate, tmp_path, None, "r")
    api.pause()
    api.stop()
    assert not answers(api.url)


def test_a_folder_without_the_programs_is_told(tmp_path: Path) -> None:
    (tmp_path / "etcd").touch()
    with pytest.raises(MissingAssetsError, match=r"KUBEBUILDER_ASSETS: .* has no kube-apiserver;"):
        start_api("1.35", authenticate, tmp_path / "state", tmp_path, "r")


@pytest.mark.parametrize("name", ["etcd", "kube-apiserver"])
def test_a_program_that_does_not_come_up_is_told_and_stopped(tmp_path: Path, name: str) -> None:
    for program in ("etcd", "kube-apiserver"):
        text = "#!/bin/sh\nexec sleep 600\n"
        if program == name:
            text = "#!/bin/sh\necho out of order >&2\nexit 3\n"
        (tmp_path / program).write_text(text)
        (tmp_path / program).chmod(0o755)
    with pytest.raises(RuntimeError, match=f"{name} .*out of order"):
        start_api("1.35", authenticate, tmp_path / "state", tmp_path, "r")
    assert not supervised(tmp_path)
    assert not (tmp_path / "state").exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.parametrize("victim", ["parent", "supervisors"])
def test_nothing_outlives_a_process_that_is_killed(
    assets: Path, tmp_path: Path, victim: str
) -> None:
    state = tmp_path / "state"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(state), str(assets)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )
    assert child.stdout
    try:
        url = child.stdout.readline().strip()
        assert answers(url)
        assert len(supervised(state)) == 5  # the child, two supervisors, two programs
        if victim == "supervisors":
            for pid in supervised(state):
                if b"supervise.py" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
        else:
            child.kill()
        deadline = time.monotonic() + 20
        while set(supervised(state)) - {child.pid} or answers(url):
            assert time.monotonic() < deadline, supervised(state)
            time.sleep(0.1)
    finally:
        child.kill()
        child.stdout.close()
        child.wait()
