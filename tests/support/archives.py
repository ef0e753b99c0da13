"""Source archives of the tests' own."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path


def write_archive(file: Path, files: Mapping[str, str]) -> None:
    """A source archive with one top folder, shaped like GitHub's."""
    with tarfile.open(file, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(f"tool-1234/{name}")
            member.size = len(text)
            tar.addfile(member, io.BytesIO(text.encode()))
