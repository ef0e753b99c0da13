"""`manifests/upstream.lock.yaml`: every upstream source, pinned by commit and by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    model_validator,
)

from kubeflow_aws.files.data_file import read_data_file
from kubeflow_aws.upstream.chart_values import canonical_values


def _inner(path: str) -> str:
    if ".." in path.split("/"):
        raise ValueError("leads out of the source; say a path below its top folder")
    return path


Digest = Annotated[str, StringConstraints(pattern=r"^sha256:[0-9a-f]{64}$")]

InnerPath = Annotated[
    str, StringConstraints(pattern=r"^[^/\s]+(/[^/\s]+)*$"), AfterValidator(_inner)
]
"""A path inside of a source: relative, and it stays inside."""

CHART_FILE: Final = "Chart.yaml"
VALUES_FILE: Final = "values.yaml"

DATA_SUFFIXES: Final = (
    ".yaml",
    ".yml",
    ".json",
    ".env",
    ".cfg",
    ".svg",
    ".tpl",
    ".txt",
    ".tar.gz",
)
"""Files that Kustomize and Helm may load; documents and programs of a repository are neither
loaded nor pinned."""


class _Locked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RemoteReference(_Locked):
    """A reference over the network in upstream's kustomizations, and the local copy of it."""

    url: str
    path: InnerPath = Field(description="Folder inside this source.")


class Copy(_Locked):
    """Another source's copy of this one, in whose place this one stands."""

    source: str = Field(description="The source that holds the copy.")
    folder: InnerPath = Field(description="Where it holds it.")
    path: InnerPath = Field(description="Folder inside this source that takes its place.")


class Script(_Locked):
    """A program among the files in use; mirrors without programs may hold a stand-in for it."""

    path: InnerPath
    digest: Digest
    stand_in: Digest | None = Field(
        default=None, description="Digest of what does nothing and may be there instead."
    )


class ChartPackage(_Locked):
    """A Helm chart, which is rewritten when it is published."""

    name: str
    rewritten: tuple[str, ...] = Field(
        default=(),
        description="Keys of values.yaml that the release writes; our own values set them.",
    )


class Source(_Locked):
    """One pinned source.

    The digest is taken over the data files only (path and content of each), because archives of
    one commit differ in their bytes from one packaging to the next. Of a chart it leaves out what
    the release rewrites: Chart.yaml, whose name and version are compared, and some values.
    """

    version: str
    commit: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")] | None = None
    url: str = Field(description="Archive on the network; {commit} stands for the commit.")
    archive: Annotated[str, StringConstraints(pattern=r"^[^/\s]+$")] = Field(
        description="Name of the archive in a mirror folder."
    )
    paths: tuple[InnerPath, ...] = Field(
        min_length=1, description="Folders and files that are used."
    )
    suffixes: tuple[str, ...] = DATA_SUFFIXES
    scripts: tuple[Script, ...] = ()
    chart: ChartPackage | None = None
    digest: Digest
    replaces: tuple[RemoteReference, ...] = ()
    supersedes: tuple[Copy, ...] = ()

    @model_validator(mode="after")
    def _address_is_of_the_commit(self) -> Self:
        fields = set(re.findall(r"[{}][^{}]*[}]?", self.url))
        if fields - ({"{commit}"} if self.commit else set()):
            raise ValueError(
                "url may have {commit} in it if the source has one, and no other braces; correct it"
            )
        return self

    @property
    def address(self) -> str:
        """The URL of the pinned commit's archive."""
        return self.url.format(commit=self.commit)

    @property
    def key(self) -> str:
        """Identifies the entry, every field of it."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def uses(self, path: str) -> bool:
        """Whether a file of the archive is one that a render may load."""
        return any(path == script.path for script in self.scripts) or (
            path.endswith(self.suffixes)
            and any(path == used or path.startswith(f"{used}/") for used in self.paths)
        )

    def digest_of(self, files: Iterable[tuple[str, bytes]]) -> str:
        """The digest over the data files among those given.

        Raises:
            UserError: The values of a chart are no YAML.
        """
        scripts = {script.path for script in self.scripts}
        total = hashlib.sha256()
        for path, content in sorted(files):
            if path not in scripts and not (self.chart and path == CHART_FILE):
                pinned = self._pinned(path, content)
                total.update(f"{path}\0{hashlib.sha256(pinned).hexdigest()}\n".encode())
        return f"sha256:{total.hexdigest()}"

    def _pinned(self, path: str, content: bytes) -> bytes:
        if self.chart and path == VALUES_FILE:
            return canonical_values(content, chart=self.chart.name, without=self.chart.rewritten)
        return content


class UpstreamLock(_Locked):
    """All sources by name; the name is the folder that overlays refer to."""

    kubeflow: str = Field(description="The Kubeflow release.")
    sources: dict[str, Source]

    @model_validator(mode="after")
    def _sources_fit_together(self) -> Self:
        replaced: dict[str, str] = {}
        for name, source in self.sources.items():
            for reference in source.replaces:
                if reference.url in replaced:
                    raise ValueError(
                        f"{reference.url} is replaced by {replaced[reference.url]} and by {name}; "
                        "leave it to one"
                    )
                replaced[reference.url] = name
            for copy in source.supersedes:
                if copy.source not in self.sources:
                    raise ValueError(
                        f"sources.{name}.supersedes: there is no source {copy.source}; there are "
                        f"{', '.join(self.sources)}"
                    )
        return self

    @property
    def digest(self) -> str:
        """One digest for all sources, every field of each."""
        lines = (f"{name} {source.key}" for name, source in sorted(self.sources.items()))
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def load_lock(path: Path) -> UpstreamLock:
    """Read the lock file.

    Raises:
        UserError: The file cannot be read or breaks its form.
    """
    return read_data_file(path, TypeAdapter(UpstreamLock))
