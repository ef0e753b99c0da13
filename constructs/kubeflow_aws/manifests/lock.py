"""`manifests/upstream.lock.yaml`: every upstream source, pinned by commit and by content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter

from kubeflow_aws.data_file import read_data_file


class _Locked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemoteReference(_Locked):
    """A reference over the network in upstream's kustomizations, and the local copy of it."""

    url: str
    path: str = Field(description="Folder inside this source.")


class Source(_Locked):
    """One pinned source.

    The digest is taken over the declarative files only (path and content of each), because
    archives of one commit differ in their bytes from one packaging to the next.
    """

    version: str
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    url: str = Field(description="Archive on the network; {commit} stands for the commit.")
    archive: str = Field(description="Name of the archive in a mirror folder.")
    paths: tuple[str, ...] = Field(min_length=1, description="Folders and files that are used.")
    suffixes: tuple[str, ...] = (".yaml", ".yml", ".json", ".env", ".cfg", ".svg", ".tpl", ".txt")
    scripts: tuple[str, ...] = Field(
        default=(), description="Files that are loaded but left out of the digest."
    )
    stand_ins: tuple[str, ...] = Field(
        default=(), description="Digests of scripts that do nothing, as mirrors may hold them."
    )
    digest: Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]
    replaces: tuple[RemoteReference, ...] = ()

    @property
    def address(self) -> str:
        """The URL of the pinned commit's archive."""
        return self.url.format(commit=self.commit)

    def uses(self, path: str) -> bool:
        """Whether a file of the archive is one that a render may load."""
        return path in self.scripts or (
            path.endswith(self.suffixes)
            and any(path == used or path.startswith(f"{used}/") for used in self.paths)
        )

    def digest_of(self, files: Iterable[tuple[str, bytes]]) -> str:
        """The digest over the declarative files among those given."""
        total = hashlib.sha256()
        for path, content in sorted(files):
            if path not in self.scripts:
                total.update(f"{path}\0{hashlib.sha256(content).hexdigest()}\n".encode())
        return f"sha256:{total.hexdigest()}"


class UpstreamLock(_Locked):
    """All sources by name; the name is the folder that overlays refer to."""

    kubeflow: str = Field(description="The Kubeflow release.")
    sources: dict[str, Source]

    @property
    def digest(self) -> str:
        """One digest for all sources."""
        lines = (f"{name} {source.digest}" for name, source in sorted(self.sources.items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_lock(path: Path) -> UpstreamLock:
    """Read the lock file.

    Raises:
        UserError: The file cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(UpstreamLock))
