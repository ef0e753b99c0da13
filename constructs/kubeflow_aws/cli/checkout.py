"""The checkout that this program is in, and the tools that were installed in it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[3]


def search_path() -> str:
    """PATH with this checkout's tools first: its Python, the Node of its lock file, its CDK CLI."""
    programs = (Path(sys.executable).parent, PROJECT / "node_modules" / ".bin")
    return os.pathsep.join([*map(str, programs), os.environ.get("PATH", "")])
