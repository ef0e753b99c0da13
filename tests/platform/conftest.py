"""A real control plane, one for the session."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.kubernetes_versions import KUBERNETES_VERSIONS
from kubeflow_aws.manifests.tools import find_tools
from localcloud.kubernetes.real import PROGRAMS, RealApi
from tests.conftest import PROJECT
from tests.localcloud.kubernetes.cluster import TOKEN, Cluster, authenticate


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An API server with its etcd; skipped where there are no programs for it."""
    assets = Path(os.environ.get("KUBEBUILDER_ASSETS", str(PROJECT / "build" / "control-plane")))
    missing = [name for name in PROGRAMS if not (assets / name).is_file()]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} in {assets}: set KUBEBUILDER_ASSETS")
    folder = tmp_path_factory.mktemp("control-plane")
    api = RealApi(assets, authenticate, TOKEN, folder / "state")
    kubectl = find_tools(KUBERNETES_VERSIONS["1.35"], PROJECT / "build" / "cache", path="").kubectl
    yield Cluster(api=api, kubectl_file=kubectl, folder=folder, is_real=True)
    api.stop()
