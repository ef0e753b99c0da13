"""Folders and files of the cache: whole or not there, whoever else fills them at the same time."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kubeflow_aws.files.errors import UserError


@contextmanager
def appears_whole(target: Path) -> Iterator[Path]:
    """A folder to fill that takes the target's name at the end, or vanishes on an error.

    If another process was faster, its folder stays: the name says what is in it.

    Raises:
        UserError: The cache cannot be written.
        OSError: The folder cannot get its name.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise UserError(
            f"{target.parent}: the cache cannot be written ({error.strerror}); free the path, or "
            "work in a copy of the project that you may write"
        ) from None
    try:
        yield unfinished
        try:
            unfinished.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def write_whole(target: Path, text: str) -> None:
    """Write a file that others may read or write at the same time.

    Raises:
        OSError: The file cannot be written.
    """
    with tempfile.NamedTemporaryFile(
        "w", prefix=f".{target.name}-", dir=target.parent, delete=False, encoding="utf-8"
    ) as file:
        file.write(text)
    Path(file.name).replace(target)
