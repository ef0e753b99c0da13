"""A local cloud, bootstrapped, and the platform that is deployed to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.manifests.platform import Platform, render_platform
from localcloud.cloud import LocalCloud, LocalCloudProps
from tests.conftest import PROJECT, UPSTREAM
from tests.e2e.laboratory import Laboratory


@pytest.fixture(scope="session")
def platform(vanilla: Deployment, pytestconfig: pytest.Config) -> Platform:
    """Real upstream where it can be had, the bundled sample otherwise."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    rendered = render_platform(
        vanilla,
        manifests=PROJECT / "manifests",
        cache=PROJECT / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=lambda line: print(line, file=sys.stderr),
        allow_sample=True,
    )
    pytestconfig.stash[UPSTREAM] = rendered
    return rendered


@pytest.fixture(scope="session")
def laboratory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    folder = tmp_path_factory.mktemp("cloud")
    cloud = LocalCloud(
        LocalCloudProps(
            folder=folder,
            node_modules=PROJECT / "node_modules",
            kubernetes_assets=Path(assets) if assets else None,
        )
    )
    cloud.start()
    laboratory = Laboratory(cloud=cloud, folder=folder)
    laboratory.cdk.bootstrap([laboratory.region])
    yield laboratory
    cloud.stop()
