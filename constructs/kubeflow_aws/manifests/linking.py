"""Puts sources side by side, so that what one loads over the network it finds beside itself."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.lock import UpstreamLock

KUSTOMIZATIONS: Final = ("kustomization.yaml", "kustomization.yml", "Kustomization")


def link_sources(lock: UpstreamLock, trees: Mapping[str, Path], root: Path) -> None:
    """Copy the sources below one folder, and point remote references at the neighbours.

    Args:
        lock: The pinned sources.
        trees: The files of each.
        root: An empty folder.

    Raises:
        UserError: The lock file names a folder that a source does not have.
    """
    for name, tree in trees.items():
        shutil.copytree(tree, root / name)
    for name, source in lock.sources.items():
        for copy in source.supersedes:
            where = f"manifests/upstream.lock.yaml: sources.{name}.supersedes"
            _replace(
                _folder(root, copy.source, copy.folder, where),
                _folder(root, name, copy.path, where),
            )
    local = {
        reference.url: f"{name}/{reference.path}"
        for name, source in lock.sources.items()
        for reference in source.replaces
    }
    for kustomization in KUSTOMIZATIONS:
        for file in root.rglob(kustomization):
            _point_at_neighbours(file, local, "../" * (len(file.relative_to(root).parts) - 1))


def _folder(root: Path, source: str, path: str, where: str) -> Path:
    folder = root / source / path
    if not folder.is_dir():
        raise UserError(f"{where}: source {source} has no folder {path} in use; correct the entry")
    return folder


def _replace(old: Path, new: Path) -> None:
    shutil.rmtree(old)
    shutil.copytree(new, old)


def _point_at_neighbours(file: Path, local: Mapping[str, str], up: str) -> None:
    text = file.read_text(encoding="utf-8")
    if "://" in text or "github.com" in text:
        lines = [_rewritten(line, local, up) for line in text.splitlines(keepends=True)]
        file.write_text("".join(lines), encoding="utf-8")


def _rewritten(line: str, local: Mapping[str, str], up: str) -> str:
    reference = line.strip().removeprefix("- ")
    path = local.get(reference) or local.get(f"https://{reference}")
    return line.replace(reference, up + path) if path else line
