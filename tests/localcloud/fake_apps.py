"""CDK applications whose CDK CLI is a script."""

from __future__ import annotations

from pathlib import Path


def fake_app(folder: Path, script: str) -> Path:
    """A project whose CDK CLI is a shell script."""
    file = folder / "node_modules" / ".bin" / "cdk"
    file.parent.mkdir(parents=True)
    file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    file.chmod(0o755)
    return folder
