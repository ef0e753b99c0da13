"""The local cloud is a guest: it can leave, and nothing of the product would miss it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path


def test_it_runs_without_the_product(project: Path, tmp_path: Path) -> None:
    script = "import sys, localcloud.cloud, localcloud.__main__; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(project / "localcloud" / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}

    assert "localcloud" in loaded
    assert not loaded & {"kubeflow_aws", "stacks", "benchmarks", "app", "tests"}


def test_the_application_does_not_import_it(project: Path) -> None:
    """The import rules know packages; this is a module."""
    tree = ast.parse((project / "app.py").read_text("utf-8"))
    imported = [each.module for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    imported += [
        alias.name
        for each in ast.walk(tree)
        if isinstance(each, ast.Import)
        for alias in each.names
    ]

    assert any(name and name.startswith("kubeflow_aws") for name in imported)
    assert not any(name and name.startswith("localcloud") for name in imported)
