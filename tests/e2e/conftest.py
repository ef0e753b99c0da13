"""A local cloud, bootstrapped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.cloud import LocalCloud, LocalCloudProps
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import PROJECT


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
