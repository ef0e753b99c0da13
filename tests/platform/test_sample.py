"""The bundled sample is no Kubeflow, but what a real API server takes: a demo may deploy it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment, load_deployment
from tests.platform.bare import ROOMY_NODE, apply_platform
from tests.support.kubernetes import Cluster, running_cluster
from tests.support.platforms import PROJECT, sample_of

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]


@pytest.fixture(scope="module")
def cluster(control_plane: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("sample")
    with running_cluster(folder, programs=control_plane, nodes=[ROOMY_NODE]) as cluster:
        yield cluster


def test_the_sample_with_everything_on_is_admitted(
    cluster: Cluster, data_plane: Deployment, sample_cache: Path
) -> None:
    assert apply_platform(cluster, sample_of(data_plane, sample_cache)) == []


def test_the_sample_with_data_in_the_cluster_is_admitted(
    cluster: Cluster, sample_cache: Path
) -> None:
    deployment = load_deployment(PROJECT / "deployments" / "vanilla.yaml")

    assert apply_platform(cluster, sample_of(deployment, sample_cache)) == []
