"""References over the network in kustomizations, as far as they name a repository on GitHub."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

from kubeflow_aws.upstream.lock import Source

_REMOTE: Final = re.compile(r"^(?:[a-z+]+://|git@|git::|github\.com/)")
_REPOSITORY: Final = re.compile(r"^https://github\.com/([^/]+/[^/]+)/")
_RAW_HOST: Final = "raw.githubusercontent.com"


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHubReference:
    """A folder or a file of a repository in one of its versions.

    The forms are those of kustomize, https://github.com/kubernetes-sigs/kustomize/blob/master/
    examples/remoteBuild.md, and GitHub's two for single files.

    Attributes:
        repository: Owner and name.
        version: The tag, branch or commit; empty if none is named.
        path: Folder in the repository, or what stands for a single file.
        is_folder: Whether it is a folder.
    """

    repository: str
    version: str
    path: str
    is_folder: bool

    def is_another_version_of(self, other: GitHubReference) -> bool:
        """Whether both name the same thing, whatever the version."""
        mine, others = (
            (each.repository.lower(), each.path, each.is_folder) for each in (self, other)
        )
        return mine == others


def is_remote(entry: str) -> bool:
    """Whether kustomize would load an entry of a kustomization over the network."""
    return bool(_REMOTE.match(entry))


def with_scheme(entry: str) -> str:
    """A remote entry as the lock file writes it: kustomize takes GitHub's without a scheme."""
    return f"https://{entry}" if entry.startswith("github.com/") else entry


def parse_reference(url: str) -> GitHubReference | None:
    """What a URL names on GitHub, or nothing if it leads elsewhere."""
    address = urlsplit(with_scheme(url))
    parts = [part for part in address.path.split("/") if part]
    if address.hostname == _RAW_HOST and len(parts) > 3:
        owner, name, version, *path = parts
        return GitHubReference(
            repository=f"{owner}/{name}", version=version, path="/".join(path), is_folder=False
        )
    if address.hostname != "github.com" or len(parts) < 2:
        return None
    owner, name, *path = parts
    repository = f"{owner}/{name.removesuffix('.git')}"
    if path[:2] == ["releases", "download"] and len(path) > 3:
        return GitHubReference(
            repository=repository,
            version=path[2],
            path="/".join(["releases", *path[3:]]),
            is_folder=False,
        )
    query = parse_qs(address.query)
    return GitHubReference(
        repository=repository,
        version=(query.get("ref") or query.get("version") or [""])[0],
        path="/".join(path),
        is_folder=True,
    )


def repository_of(source: Source) -> str | None:
    """Owner and name of the repository that a source is the archive of, if it is on GitHub."""
    found = _REPOSITORY.match(source.url)
    return found.group(1).removesuffix(".git") if found else None
