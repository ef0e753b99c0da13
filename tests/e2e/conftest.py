"""A local cloud, bootstrapped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.cloud import LocalCloud, LocalCloudProps
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import PROJECT


@pytest.fixture(scope="session")
def laboratory(
    tmp_path_factory: pytest.TempPathFactory, control_plane: Path
) -> Iterator[Laboratory]:
    folder = tmp_path_factory.mktemp("cloud")
    cloud = LocalCloud(
        LocalCloudProps(
            folder=folder,
            node_modules=PROJECT / "node_modules",
            control_plane=control_plane,
        )
    )
    cloud.start()
    laboratory = Laboratory(cloud=cloud, folder=folder)
    laboratory.cdk.bootstrap([laboratory.region])
    yield laboratory
    cloud.stop()
