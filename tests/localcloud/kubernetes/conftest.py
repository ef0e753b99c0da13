"""Both Kubernetes APIs, one of each for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.tools import find_tools
from localcloud.kubernetes.start import StartProps, start_api
from tests.conftest import PROJECT
from tests.localcloud.kubernetes.cluster import Cluster, authenticate

VERSION = "1.34"


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The kubectl that runs in the Lambda."""
    return find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache", path="").kubectl


@pytest.fixture(scope="session", params=["in-process", "real"])
def cluster(
    request: pytest.FixtureRequest, kubectl: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Every test that takes it runs once with each API."""
    is_real = request.param == "real"
    folder = tmp_path_factory.mktemp("cluster")
    programs = request.getfixturevalue("control_plane") if is_real else None
    api = start_api(
        StartProps(
            version=VERSION,
            authenticate=authenticate,
            folder=folder / "state",
            programs=programs,
            region="us-west-2",
        )
    )
    yield Cluster(api=api, kubectl_file=kubectl, folder=folder, is_real=is_real)
    api.stop()
    assert not (folder / "state").exists()


@pytest.fixture
def namespace(cluster: Cluster) -> str:
    return cluster.namespace()
