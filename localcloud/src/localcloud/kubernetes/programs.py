"""The programs of a real control plane, and the folder that `make control-plane` puts them in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

PROGRAMS: Final = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok")

FOLDER: Final = Path("build/control-plane")
"""Below the project."""


def missing_programs(folder: Path) -> list[str]:
    """Those that a folder lacks."""
    return [name for name in PROGRAMS if not (folder / name).is_file()]


def control_plane_of(project: Path) -> Path | None:
    """The folder with all programs, if `make control-plane` ran in a checkout."""
    folder = project / FOLDER
    return None if missing_programs(folder) else folder
