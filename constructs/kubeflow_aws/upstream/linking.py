"""Puts sources side by side, so that what one loads over the network it finds beside itself."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import UpstreamLock

_ENTRY: Final = re.compile(
    r"""^\s*-\s+(?P<quote>["']?)(?P<reference>[^\s"'#][^\s"']*)(?P=quote)\s*(?:\s\#.*)?$""",
    re.VERBOSE,
)

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
        _refuse_what_is_left(file, local)


def _rewritten(line: str, local: Mapping[str, str], up: str) -> str:
    found = _ENTRY.match(line)
    path = _local(found["reference"], local) if found else None
    if found is None or path is None:
        return line
    return line[: found.start("reference")] + up + path + line[found.end("reference") :]


def _refuse_what_is_left(file: Path, local: Mapping[str, str]) -> None:
    """Kustomize would load it over the network, unpinned."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    for field in ("resources", "components", "bases"):
        entries = content.get(field) if isinstance(content, dict) else None
        for entry in entries or ():
            if _local(str(entry), local):
                raise UserError(
                    f"{file}: {field}: {entry} is written in a form that linking does not know; it "
                    "knows one entry a line behind a hyphen (kubeflow_aws/upstream/linking.py)"
                )


def _local(reference: str, local: Mapping[str, str]) -> str | None:
    return local.get(reference) or local.get(f"https://{reference}")
