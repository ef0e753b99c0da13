"""Folders of this project as they are committed, whatever was edited since."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def committed(folder: Path) -> Iterator[Path | None]:
    """The folder of the newest commit, or nothing where git or a commit of it is missing.

    Args:
        folder: The folder, inside a repository.
    """
    archive = _archive(folder)
    if archive is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as workspace:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            # Python before 3.11.4, as in Debian 12, has no filters (tarfile, "Extraction filters").
            tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
            tar.extractall(workspace)  # noqa: S202  # of our own repository
        yield Path(workspace)


def _archive(folder: Path) -> bytes | None:
    git = shutil.which("git")
    if git is None:
        return None
    # Inside a folder, git archives that folder alone.
    done = subprocess.run(  # noqa: S603
        [git, "-C", str(folder), "archive", "HEAD"], capture_output=True, check=False
    )
    return done.stdout if done.returncode == 0 else None
