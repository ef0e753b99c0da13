"""Programs of the tests' own, which stand in for others."""

from __future__ import annotations

from pathlib import Path


def write_program(file: Path, text: str) -> None:
    """Write a script that can be run."""
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
