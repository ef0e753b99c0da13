"""app.py as a user runs it: errors are sentences, exit code 1, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def run(project: Path, deployment: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(project / "app.py")],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={
            "PATH": str(Path(sys.executable).parent),
            "CDK_CONTEXT_JSON": f'{{"deployment": "{deployment}"}}',
            "CDK_OUTDIR": str(tmp_path / "out"),
            "KUBEFLOW_UPSTREAM_MIRROR": str(tmp_path / "no-mirror"),
        },
    )


@pytest.mark.parametrize(
    ("deployment", "sentence"),
    [
        ("no-such", "no-such.yaml: cannot be read"),
        ("vanilla", "no-mirror: the mirror of upstream sources is no folder"),
    ],
)
def test_a_mistake_ends_with_one_sentence(
    deployment: str, sentence: str, project: Path, tmp_path: Path
) -> None:
    done = run(project, deployment, tmp_path)

    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert not list((tmp_path / "out").glob("*.template.json"))


def test_constructs_is_a_source_root(project: Path) -> None:
    assert [file.name for file in (project / "constructs").iterdir() if file.is_file()] == [
        "README.md"
    ]
