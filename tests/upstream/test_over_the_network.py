"""A user has a network and no mirror: the sources as GitHub and registries of charts serve them."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering.options import RenderOptions
from kubeflow_aws.rendering.platform import Platform, render_platform
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import Origin
from tests.support.archives import read_files, served, write_archive
from tests.support.assembly import synthesize

pytestmark = pytest.mark.upstream


def with_all_that_repositories_have(files: dict[str, bytes]) -> dict[str, str | bytes]:
    """The data files, and beside each what a mirror leaves out."""
    everything: dict[str, str | bytes] = {**files}
    for folder in {str(Path(path).parent) for path in files}:
        everything |= {
            f"{folder}/README.md": "# A document",
            f"{folder}/OWNERS": "approvers: []\n",
            f"{folder}/build.sh": "#!/bin/sh\n",
            f"{folder}/main.go": "package main\n",
            f"{folder}/picture.png": b"\x89PNG\r\n",
        }
    return everything


@pytest.fixture(scope="module")
def network_manifests(
    upstream_platform: Platform, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Our manifests with a folder of archives as a network would serve them."""
    assert upstream_platform.components
    folder = tmp_path_factory.mktemp("network")
    manifests = folder / "manifests"
    shutil.copytree(project / "manifests", manifests)
    (folder / "served").mkdir()
    mirror = Path(os.environ["KUBEFLOW_UPSTREAM_MIRROR"])
    for name, source in load_lock(manifests / "upstream.lock.yaml").sources.items():
        files = read_files(mirror / source.archive)
        if source.chart:
            write_archive(folder / "served" / f"{name}.tar.gz", files, top=source.chart.name)
        else:
            write_archive(
                folder / "served" / f"{name}.tar.gz",
                with_all_that_repositories_have(files),
                top=f"{name}-{source.commit}",
                links={f"{source.paths[0]}/link.yaml": "kustomization.yaml"},
                commit=source.commit,
            )
    return manifests


def test_what_the_network_serves_is_what_the_mirror_has(
    vanilla: Deployment,
    upstream_platform: Platform,
    network_manifests: Path,
    tmp_path: Path,
) -> None:
    told: list[str] = []
    with served(network_manifests.parent / "served") as address:
        file = network_manifests / "upstream.lock.yaml"
        lock = yaml.safe_load(file.read_text(encoding="utf-8"))
        for name, source in lock["sources"].items():
            source["url"] = f"{address}/{name}.tar.gz"
        file.write_text(yaml.safe_dump(lock), encoding="utf-8")

        platform = render_platform(
            vanilla,
            RenderOptions(
                manifests=network_manifests, cache=tmp_path / "cache", notify=told.append
            ),
        )

    assert platform.origin is Origin.UPSTREAM
    assert {line for line in told if line.startswith("fetching")} == {
        f"fetching {name} {source['version']}" for name, source in lock["sources"].items()
    }
    assert [one.objects for one in platform.components] == [
        one.objects for one in upstream_platform.components
    ]
    assembly = synthesize(vanilla, platform, tmp_path / "cdk.out")
    assert assembly.stack("Platform")["Resources"]
