"""Fixtures: small components, sources and locks of the tests' own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.rendering.component import Component, Gate, PackCounts
from kubeflow_aws.upstream.lock import Source, UpstreamLock
from kubeflow_aws.upstream.sources import Origin, Sources
from kubeflow_aws.upstream.tools import Tools, find_tools
from tests.support.archives import write_archive
from tests.support.workshops import Workshop

Files = dict[str, str]


@pytest.fixture(scope="session")
def tools(sample_cache: Path) -> Tools:
    return find_tools(kubernetes_versions()["1.35"], sample_cache)


@pytest.fixture
def component(tmp_path: Path) -> Callable[..., Component]:
    """Makes a component with a kustomization of ConfigMaps, or of given files."""

    def make(
        name: str,
        files: Files | None = None,
        after: tuple[str, ...] = (),
        packs: PackCounts | None = None,
        ready: tuple[Gate, ...] = (),
    ) -> Component:
        folder = tmp_path / "components" / name
        folder.mkdir(parents=True)
        for file, text in (files or config_map(name)).items():
            (folder / file).write_text(text, encoding="utf-8")
        return Component(
            name=name,
            description=name,
            folder=folder,
            after=after,
            packs=packs or PackCounts(),
            ready=ready,
        )

    return make


def config_map(name: str) -> Files:
    """A kustomization of one ConfigMap."""
    return {
        "kustomization.yaml": "resources: [map.yaml]\n",
        "map.yaml": f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n",
    }


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """An empty tree."""
    root = tmp_path / "tree"
    root.mkdir()
    return Sources(root=root, origin=Origin.UPSTREAM, digest="of nothing")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    """A mirror with one archive, tool.tar.gz, shaped like GitHub's."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    write_archive(folder / "tool.tar.gz", {"base/kustomization.yaml": "resources: []\n"})
    return folder


@pytest.fixture
def lock() -> UpstreamLock:
    """A lock file with the content of that archive."""
    source = Source(
        version="v1",
        commit="0" * 40,
        # Nobody listens on the discard port of this machine.
        url="http://127.0.0.1:9/{commit}.tar.gz",
        archive="tool.tar.gz",
        paths=("base",),
        digest="sha256:" + "0" * 64,
    )
    digest = source.digest_of([("base/kustomization.yaml", b"resources: []\n")])
    return UpstreamLock(
        kubeflow="1.0", sources={"tool": source.model_copy(update={"digest": digest})}
    )


@pytest.fixture(scope="session")
def renders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for all workshops, since most of them render the same."""
    return tmp_path_factory.mktemp("renders")


@pytest.fixture
def workshop(tmp_path: Path, renders: Path) -> Workshop:
    """A project of two repositories and two components, with a mirror."""
    made = Workshop(root=tmp_path, cache=renders, mirror=tmp_path / "mirror")
    made.make()
    return made
