"""The bundled sample is no Kubeflow, but what a real API server takes: a demo may deploy it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment, load_deployment
from tests.platform.bare import BareCluster, running_bare_cluster
from tests.support.assembly import PROJECT
from tests.support.platforms import sample_of

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def cluster(control_plane: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BareCluster]:
    with running_bare_cluster(control_plane, tmp_path_factory.mktemp("sample")) as cluster:
        yield cluster


def test_the_sample_with_everything_on_is_admitted(
    cluster: BareCluster, data_plane: Deployment, sample_cache: Path
) -> None:
    assert cluster.apply_platform(sample_of(data_plane, sample_cache)) == []


def test_the_sample_with_data_in_the_cluster_is_admitted(
    cluster: BareCluster, sample_cache: Path
) -> None:
    deployment = load_deployment(PROJECT / "deployments" / "vanilla.yaml")

    assert cluster.apply_platform(sample_of(deployment, sample_cache)) == []
