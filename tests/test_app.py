"""app.py as a user runs it: errors are sentences, exit code 1, no traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.support.deployments import UNLISTED


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


def test_what_nobody_has_checked_is_told_once(project: Path, tmp_path: Path) -> None:
    settings = yaml.safe_load((project / "deployments" / "vanilla.yaml").read_text("utf-8"))
    file = tmp_path / "mine.yaml"
    file.write_text(
        yaml.safe_dump(settings | {"cluster": UNLISTED}, sort_keys=False), encoding="utf-8"
    )

    warnings = [
        line
        for line in run(project, str(file), tmp_path).stderr.splitlines()
        if line.startswith("WARNING: ")
    ]

    assert [line.partition(" is taken as the file describes it")[0] for line in warnings] == [
        f"WARNING: {file}: cluster.unlisted_instance_types: m7i.96xlarge",
        f"WARNING: {file}: cluster.unlisted_instance_types: g99.2xlarge",
    ]


def test_constructs_is_a_source_root(project: Path) -> None:
    assert [file.name for file in (project / "constructs").iterdir() if file.is_file()] == [
        "README.md"
    ]
