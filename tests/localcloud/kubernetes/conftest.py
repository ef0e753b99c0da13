"""Both Kubernetes APIs, one of each for the session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.kubernetes.objects import NODE
from tests.support.kubernetes import Cluster, running_cluster


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """The in-process API."""
    folder = tmp_path_factory.mktemp("small")
    with running_cluster(folder, programs=None, nodes=[NODE]) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def real(control_plane: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real control plane."""
    folder = tmp_path_factory.mktemp("real")
    with running_cluster(folder, programs=control_plane, nodes=[NODE]) as cluster:
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
