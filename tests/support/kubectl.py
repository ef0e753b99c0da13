"""The kubectl that runs in the Lambda, pointed at a cluster."""

from __future__ import annotations

import base64
import functools
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.upstream.tools import find_tools
from tests.support.platforms import PROJECT

_TIMEOUT_SECONDS = 300
"""Enough to apply a whole platform at once."""


@functools.cache
def layer_kubectl() -> Path:
    """The binary of the Lambda layer, whatever is on PATH."""
    return find_tools(kubernetes_versions()["1.35"], PROJECT / "build" / "cache", path="").kubectl


@dataclass(frozen=True, kw_only=True)
class Kubectl:
    """kubectl as one user of one cluster; it reads and writes nothing of the developer's own.

    Attributes:
        url: Of the API.
        authority: The CA that signed its certificate, in PEM.
        token: The user's.
        folder: For its configuration and its cache.
    """

    url: str
    authority: str
    token: str
    folder: Path

    def __post_init__(self) -> None:
        """Write the kubeconfig."""
        authority = base64.b64encode(self.authority.encode()).decode()
        server = {"server": self.url, "certificate-authority-data": authority}
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": server}],
            "users": [{"name": "u", "user": {"token": self.token}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "c",
        }
        self.folder.mkdir(exist_ok=True)
        self.kubeconfig.write_text(json.dumps(config), encoding="utf-8")

    @property
    def kubeconfig(self) -> Path:
        """The file that says where the cluster is."""
        return self.folder / "kubeconfig"

    @property
    def environment(self) -> Mapping[str, str]:
        """The process's, with a home of its own."""
        return {**os.environ, "HOME": str(self.folder)}

    def command(self, *arguments: str) -> list[str]:
        """The words that run it."""
        return [str(layer_kubectl()), f"--kubeconfig={self.kubeconfig}", *arguments]

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run it; it may fail."""
        return subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=False,
            env=self.environment,
        )
