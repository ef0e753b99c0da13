"""Everything switched on, deployed through CDK's own handler into a real control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering.platform import Platform
from tests.e2e.laboratory import Laboratory, running_laboratory
from tests.platform.addons import addon_workloads
from tests.platform.cluster import PlatformCluster
from tests.platform.governed import govern
from tests.platform.tenancy import PROFILE, have_profiles
from tests.support.assembly import Assembly, synthesize
from tests.support.kubernetes import Cluster, running_cluster
from tests.support.platforms import best_of
from tests.support.surroundings import prepare
from tests.support.waiting import eventually


@pytest.fixture(scope="session")
def platform_laboratory(
    tmp_path_factory: pytest.TempPathFactory, control_plane: Path
) -> Iterator[Laboratory]:
    with running_laboratory(tmp_path_factory.mktemp("platform"), control_plane) as laboratory:
        yield laboratory


@pytest.fixture(scope="session")
def everything(data_plane: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """All options of the data plane, from the real sources where they are."""
    return synthesize(data_plane, best_of(data_plane), tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="session")
def platform(
    platform_laboratory: Laboratory, data_plane: Deployment, everything: Assembly
) -> PlatformCluster:
    """The deployed platform, with the add-ons' pods and a node for each of Karpenter's pools."""
    prepare(platform_laboratory.cloud.clients, data_plane)
    platform_laboratory.deploy(everything)
    cluster = PlatformCluster(platform_laboratory)
    addons = addon_workloads(data_plane)
    namespaces = {item["metadata"]["namespace"] for item in addons}
    there = {item["metadata"]["name"] for item in cluster.items("/api/v1/namespaces")}
    cluster.create(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
        for name in sorted(namespaces - there)
    )
    cluster.create(addons)
    cluster.start_pool_nodes()
    eventually(cluster.incomplete)
    return cluster


@pytest.fixture(scope="session")
def bare_cluster(
    control_plane: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A control plane with nothing in it."""
    with running_cluster(tmp_path_factory.mktemp("bare"), programs=control_plane) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def governed(
    control_plane: Path, upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A control plane with what Kubeflow governs profiles with."""
    with running_cluster(tmp_path_factory.mktemp("governed"), programs=control_plane) as cluster:
        govern(cluster, upstream_platform)
        yield cluster


@pytest.fixture(scope="session")
def tenants(governed: Cluster, upstream_platform: Platform) -> Cluster:
    """The same with profiles, and people who have the real roles in them."""
    have_profiles(governed, upstream_platform)
    account = f"/api/v1/namespaces/{PROFILE}/serviceaccounts/default"
    eventually(lambda: not governed.exists(account))
    return governed
