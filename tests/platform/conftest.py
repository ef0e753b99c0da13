"""Everything switched on, deployed through CDK's own handler into a real control plane."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.tools import find_tools
from localcloud.demo.preparation import prepare
from localcloud.kubernetes.start import StartProps, start_api
from tests.e2e.laboratory import Laboratory, running_laboratory
from tests.localcloud.kubernetes.cluster import Cluster, authenticate
from tests.platform.addons import addon_workloads
from tests.platform.cluster import PlatformCluster
from tests.support.assembly import PROJECT, Assembly, synthesize
from tests.support.platforms import best_of


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
    cluster.eventually(cluster.incomplete)
    return cluster


@pytest.fixture(scope="session")
def bare_cluster(
    control_plane: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """A control plane with nothing in it."""
    folder = tmp_path_factory.mktemp("bare")
    api = start_api(
        StartProps(
            version="1.35",
            authenticate=authenticate,
            folder=folder / "state",
            programs=control_plane,
            region="us-west-2",
        )
    )
    kubectl = find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache").kubectl
    yield Cluster(api=api, kubectl_file=kubectl, folder=folder, is_real=True)
    api.stop()
