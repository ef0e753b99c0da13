"""Both Kubernetes APIs, one of each for the session."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.tools import find_tools
from localcloud.kubernetes.nodes import have_nodes
from localcloud.kubernetes.start import StartProps, start_api
from tests.conftest import PROJECT
from tests.localcloud.kubernetes.cluster import NODE, SELECTOR, Cluster, authenticate

VERSION = "1.35"


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """The kubectl that runs in the Lambda."""
    return find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache", path="").kubectl


@contextmanager
def started(folder: Path, kubectl: Path, programs: Path | None) -> Iterator[Cluster]:
    """A cluster with one node, which has room for everything."""
    api = start_api(
        StartProps(
            version=VERSION,
            authenticate=authenticate,
            folder=folder / "state",
            programs=programs,
            region="us-west-2",
        )
    )
    cluster = Cluster(api=api, kubectl_file=kubectl, folder=folder, is_real=programs is not None)
    try:
        with cluster.client() as client:
            have_nodes(client, SELECTOR, [NODE])
        yield cluster
    finally:
        api.stop()
    assert not (folder / "state").exists()


@pytest.fixture(scope="session")
def small(kubectl: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The in-process API."""
    with started(tmp_path_factory.mktemp("small"), kubectl, None) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real(
    kubectl: Path, control_plane: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A real control plane."""
    with started(tmp_path_factory.mktemp("real"), kubectl, control_plane) as cluster:
        yield cluster


@pytest.fixture(scope="session", params=["small", pytest.param("real", marks=pytest.mark.platform)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Every test that takes it runs once with each API."""
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def namespace(request: pytest.FixtureRequest) -> str:
    """A new namespace in the cluster that the test takes."""
    name = next(name for name in ("cluster", "real", "small") if name in request.fixturenames)
    cluster: Cluster = request.getfixturevalue(name)
    return cluster.namespace()
