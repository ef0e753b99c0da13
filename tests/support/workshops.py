"""Manifests of the tests' own with a lock file, two repositories and a mirror of their archives."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from kubeflow_aws.cli.bump.pinning import bump_and_show
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.lock import UpstreamLock, load_lock
from kubeflow_aws.upstream.relock import relock
from tests.support.archives import write_archive

COMMITS: Final = {
    "1.0": "1f" * 20,
    "1.1": "2f" * 20,
    "1.2": "3f" * 20,
    "v1": "a" * 40,
    "v2": "b" * 40,
    "v3": "c" * 40,
}
"""The commit of each version that the tests make."""

LOCK: Final = """# Every source of the tests.
kubeflow: "1.0"
sources:
  # Names the queue.
  kubeflow-manifests:
    version: "1.0"
    commit: {platform}
    url: https://github.com/example/platform/archive/{{commit}}.tar.gz
    archive: kubeflow-manifests-1.0.tar.gz
    paths: [apps]
    digest: sha256:{zeros}
  queue:
    version: v1  # the newest
    commit: {queue}
    url: https://github.com/example/queue/archive/{{commit}}.tar.gz
    archive: queue-v1.tar.gz
    paths: [config]
    digest: sha256:{ones}
    replaces:
      - url: https://github.com/example/queue/config?ref=v1
        path: config
""".format(platform=COMMITS["1.0"], queue=COMMITS["v1"], zeros="0" * 64, ones="1" * 64)

QUEUE_FILE: Final = "apps/jobs/kustomization.yaml"


def kustomization(*resources: str) -> str:
    return f"resources: [{', '.join(resources)}]\n"


def thing(kind: str, name: str, *, data: str = "1") -> str:
    """An object of the core group or, for a Deployment, of apps."""
    if kind == "Deployment":
        return (
            f"apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}, namespace: web}}\n"
            f"spec: {{template: {{spec: {{containers: [{{name: main, image: 'x:{data}'}}]}}}}}}\n"
        )
    namespace = "" if kind == "Namespace" else ", namespace: web"
    return (
        f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: {name}{namespace}}}\n"
        f"data: {{value: '{data}'}}\n"
    )


def platform_files(
    *, queue: str = "v1", web: Sequence[str] = (), folder: str = "web"
) -> dict[str, str]:
    """The distribution: an application, and one that is loaded from another repository.

    Args:
        queue: The version of the queue that it names.
        web: Objects of the application beside the first two.
        folder: Where the application is.
    """
    objects = [thing("Deployment", "web"), thing("ConfigMap", "web"), *web]
    return {
        f"apps/{folder}/kustomization.yaml": kustomization("objects.yaml"),
        f"apps/{folder}/objects.yaml": "---\n".join(objects),
        QUEUE_FILE: f"resources:\n- https://github.com/example/queue/config?ref={queue}\n",
    }


def queue_files(data: str = "1") -> dict[str, str]:
    """The other repository."""
    return {
        "config/kustomization.yaml": kustomization("queue.yaml"),
        "config/queue.yaml": thing("ConfigMap", "queue", data=data),
    }


COMPONENTS: Final = {
    "web/component.yaml": """description: The application.
ready:
  - {kind: Deployment, namespace: web, name: web}
""",
    "web/kustomization.yaml": kustomization("../../upstream/kubeflow-manifests/apps/web"),
    "jobs/component.yaml": "description: Jobs.\n",
    "jobs/kustomization.yaml": kustomization("../../upstream/kubeflow-manifests/apps/jobs"),
}


@dataclass(kw_only=True)
class Workshop:
    """A project of one folder.

    Attributes:
        root: The folder.
        cache: Its cache.
        mirror: Its mirror.
        told: Lines of progress.
    """

    root: Path
    cache: Path
    mirror: Path
    told: list[str] = field(default_factory=list)

    @property
    def manifests(self) -> Path:
        return self.root / "manifests"

    @property
    def lock_file(self) -> Path:
        return self.manifests / "upstream.lock.yaml"

    @property
    def report(self) -> str:
        return (self.root / "build" / "bump.txt").read_text(encoding="utf-8")

    @property
    def lock(self) -> UpstreamLock:
        return load_lock(self.lock_file)

    def make(self, lock: str = LOCK) -> None:
        """Write everything, with the first version of both sources pinned."""
        self.manifests.mkdir()
        self.mirror.mkdir()
        self.lock_file.write_text(lock, encoding="utf-8")
        for name in ("upgrades.yaml", "image-floors.yaml"):
            (self.manifests / name).write_text("[]\n", encoding="utf-8")
        self.write_components(COMPONENTS)
        self.offer("kubeflow-manifests", "1.0", platform_files())
        self.offer("queue", "v1", queue_files())
        self.pin()

    def pin(self) -> None:
        """Write the digests of what the mirror has."""
        relock(
            self.lock_file,
            self.lock,
            mirror=self.mirror,
            notify=self.told.append,
            helm=Path("helm"),
        )

    def write_components(self, files: Mapping[str, str]) -> None:
        """Write files below components."""
        for name, text in files.items():
            file = self.manifests / "components" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")

    def offer(
        self, name: str, version: str, files: Mapping[str, str], *, commit: str | None = None
    ) -> None:
        """Put a version of a source into the mirror."""
        write_archive(
            self.mirror / f"{name}-{version}.tar.gz",
            files,
            commit=COMMITS[version] if commit is None else commit,
        )

    def commit(self) -> None:
        """Commit the manifests to a repository of its own."""
        git = [shutil.which("git") or "git", "-C", str(self.root)]
        who = ["-c", "user.name=Alice", "-c", "user.email=alice@example.com"]
        for command in (
            ["init", "--quiet"],
            ["add", "manifests"],
            [*who, "commit", "--quiet", "--message=One"],
        ):
            subprocess.run([*git, *command], check=True)

    def bump(
        self,
        *words: str,
        accept: Sequence[str] = (),
        deployments: Mapping[str, Deployment] | None = None,
    ) -> None:
        """Run it."""
        bump_and_show(
            words,
            accept=accept,
            deployments=deployments or {},
            manifests=self.manifests,
            cache=self.cache,
            mirror=self.mirror,
            report=self.root / "build" / "bump.txt",
            notify=self.told.append,
        )


def refused(workshop: Workshop, *words: str, match: str, accept: Sequence[str] = ()) -> None:
    """Bump, expect a refusal, and that nothing in manifests/ has changed."""
    before = contents(workshop.manifests)
    with pytest.raises(UserError, match=match):
        workshop.bump(*words, accept=accept)
    assert contents(workshop.manifests) == before


def contents(folder: Path) -> dict[Path, bytes]:
    """Every file of a folder."""
    return {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


def versions(workshop: Workshop) -> dict[str, str]:
    """What is pinned."""
    return {name: source.version for name, source in workshop.lock.sources.items()}
