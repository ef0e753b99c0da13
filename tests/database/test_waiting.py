"""The CronJob's script waits for its network, with a kubectl that cannot connect at first."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROJECT
from tests.support.programs import write_program

SCRIPT = PROJECT / "manifests" / "components" / "database" / "follow-rotation.sh"

KUBECTL = """#!/bin/sh
echo "$*" >> {folder}/calls
if [ "$(wc -l < {folder}/calls)" -le {lost} ]; then
  echo "Unable to connect to the server: net/http: request canceled" >&2
  exit 1
fi
"""
SLEEP = """#!/bin/sh
echo "$*" >> {folder}/sleeps
"""


def run_script(folder: Path, *, lost: int, connect_seconds: int) -> tuple[int, str, list[str]]:
    """Its code, what it says, and the calls of kubectl, the first of which are lost."""
    write_program(folder / "kubectl", KUBECTL.format(folder=folder, lost=lost))
    # Nobody waits for the time between two tries.
    write_program(folder / "sleep", SLEEP.format(folder=folder))
    (folder / "sleeps").touch()
    done = subprocess.run(
        ["/bin/sh", str(SCRIPT)],
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "NAMESPACE": "kubeflow",
            "CONNECT_SECONDS": str(connect_seconds),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr, (folder / "calls").read_text().splitlines()


@pytest.mark.parametrize("lost", [0, 2])
def test_answers_that_are_lost_at_first_are_no_end(lost: int, tmp_path: Path) -> None:
    code, output, calls = run_script(tmp_path, lost=lost, connect_seconds=60)

    assert code == 0, output
    assert (tmp_path / "sleeps").read_text().splitlines() == ["1"] * lost
    assert "mysql-secret: not there" in output
    assert [call.startswith("get --raw=/version") for call in calls] == [True] * (lost + 1) + [
        False
    ] * 2


def test_a_server_that_never_answers_is_given_up_with_what_kubectl_says(tmp_path: Path) -> None:
    code, output, _ = run_script(tmp_path, lost=1000, connect_seconds=0)

    assert code != 0
    assert "Unable to connect to the server" in output
    assert "not there" not in output
