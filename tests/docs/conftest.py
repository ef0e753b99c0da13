"""What the commands of the pages are checked against."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.upstream.tools import find_tools
from tests.docs.programs import Workbench
from tests.support.makefile import Makefile, read_makefile


@pytest.fixture(scope="session")
def makefile(project: Path) -> Makefile:
    return read_makefile(project / "Makefile")


@pytest.fixture(scope="session")
def kubectl(project: Path) -> Path:
    version = kubernetes_versions()[DEFAULT_KUBERNETES_VERSION]
    return find_tools(version, project / "build" / "cache").kubectl


@pytest.fixture(scope="session")
def bench(
    project: Path, makefile: Makefile, kubectl: Path, tmp_path_factory: pytest.TempPathFactory
) -> Workbench:
    home = tmp_path_factory.mktemp("kubectl")
    return Workbench(project=project, makefile=makefile, kubectl=kubectl, home=home)
