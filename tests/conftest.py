"""Fixtures that are dear: renders and synthesized apps, one per option and session."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

PROJECT = Path(__file__).resolve().parents[1]

# moto reads these when any test first imports it.
os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
os.environ.setdefault("MOTO_ACM_VALIDATION_WAIT", "1")

if (PROJECT / "constructs" / "__init__.py").exists():
    pytest.exit("constructs/ must stay a source root: delete constructs/__init__.py", 4)

from kubeflow_aws.deployment import (  # noqa: E402
    Deployment,
    deployment_path,
    load_delivery,
    load_deployment,
)
from kubeflow_aws.manifests.platform import Platform  # noqa: E402
from kubeflow_aws.manifests.sources import Origin  # noqa: E402
from localcloud.kubernetes.programs import control_plane_of  # noqa: E402
from tests.support.assembly import (  # noqa: E402
    Assembly,
    CheckedAssembly,
    checked,
    checked_delivery,
    synthesize,
)
from tests.support.deployments import UNLISTED, variation  # noqa: E402
from tests.support.platforms import best_of, sample_of  # noqa: E402

TESTED = pytest.StashKey[str]()
PIPELINE = "deployments/delivery/pipeline.yaml"


WITHOUT_APPS = (
    "database/",
    "deployment/",
    "docs/test_commands",
    "docs/test_references",
    "docs/test_settings",
    "localcloud/",
    "manifests/test_archives",
    "manifests/test_bump",
    "manifests/test_chart_packages",
    "manifests/test_downloads",
    "manifests/test_losses",
    "manifests/test_mirror",
    "manifests/test_sources",
    "operations/test_doctor_delegation",
    "operations/test_doctor_names",
    "operations/test_doctor_places",
    "verify/",
)
"""Tests that share no synthesized app; any worker may run any of them."""


ON_THE_PLATFORM = (
    "platform/test_placement",
    "platform/test_quota",
    "platform/test_references",
    "platform/test_training",
    "platform/test_upgrades",
)
"""Tests that share the deployed platform, one after another."""


class ByFixtures(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """All tests that share a synthesized app go to one worker; the others fill the second."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.removeprefix("tests/")
        if path.startswith(ON_THE_PLATFORM):
            return "platform"
        if path.startswith("platform/"):
            # The tests of a file share a control plane.
            return path.partition("::")[0]
        if path.startswith(WITHOUT_APPS):
            return nodeid
        return "gateway" if path.startswith("gateway/") else "synthesized"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-platform` what starts a control plane."""
    for item in items:
        starts = "control_plane" in getattr(item, "fixturenames", ())
        if starts and not item.get_closest_marker("e2e"):
            item.add_marker("platform")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFixtures:
    """Of our own: xdist 3.8 writes its groups into node ids, which pytest 9.2 lets nobody write."""
    return ByFixtures(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand on what a worker tested to the process that writes the report."""
    output: dict[str, str] | None = getattr(session.config, "workeroutput", None)
    if output is not None and TESTED in session.config.stash:
        output["tested"] = session.config.stash[TESTED]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a worker tested; the type of `node` is xdist's own."""
    if "tested" in getattr(node, "workeroutput", {}):
        node.config.stash[TESTED] = node.workeroutput["tested"]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say plainly which Kubeflow was tested."""
    if TESTED in config.stash:
        terminalreporter.write_line(f"tested: {config.stash[TESTED]}")


@pytest.fixture(scope="session")
def project() -> Path:
    return PROJECT


@pytest.fixture(scope="session")
def control_plane() -> Path:
    """The programs of a real Kubernetes control plane."""
    found = control_plane_of(PROJECT)
    if found is None:
        pytest.skip("a real control plane is not here: make control-plane")
    return found


@pytest.fixture(scope="session")
def vanilla() -> Deployment:
    return load_deployment(PROJECT / "deployments" / "vanilla.yaml")


@pytest.fixture(scope="session")
def cognito() -> Deployment:
    """Sign-in with Cognito, with a machine client and a contributor."""
    deployment = load_deployment(PROJECT / "deployments" / "cognito.yaml")
    return variation(
        deployment,
        {
            "auth": {
                "users": [{"email": "alice@example.com"}, {"email": "bob@example.com"}],
                "cognito": {"machine_clients": [{"name": "ci"}]},
            },
            "profiles": [
                {
                    "name": "alice",
                    "owner": "alice@example.com",
                    "contributors": [
                        {"email": "bob@example.com", "role": "view"},
                        {"email": "ci@machines.platform.example.com"},
                    ],
                    "quota": {"cpu": "32", "memory": "128Gi", "gpus": 1},
                }
            ],
        },
    )


@pytest.fixture(scope="session")
def sample_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache without upstream sources, so that the bundled sample is rendered."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def sample_platform(vanilla: Deployment, sample_cache: Path) -> Platform:
    return sample_of(vanilla, sample_cache)


@pytest.fixture(scope="session")
def sample_assembly(
    vanilla: Deployment, sample_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The default deployment, synthesized from the sample."""
    return synthesize(vanilla, sample_platform, tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def unlisted_assembly(
    vanilla: Deployment, sample_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The same on instance types that the table does not know."""
    deployment = variation(vanilla, {"cluster": UNLISTED})
    return synthesize(deployment, sample_platform, tmp_path_factory.mktemp("unlisted"))


@pytest.fixture(scope="session")
def cognito_platform(cognito: Deployment, sample_cache: Path) -> Platform:
    return sample_of(cognito, sample_cache)


@pytest.fixture(scope="session")
def cognito_assembly(
    cognito: Deployment, cognito_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """Sign-in with Cognito, synthesized from the sample."""
    return synthesize(cognito, cognito_platform, tmp_path_factory.mktemp("cognito"))


@pytest.fixture(scope="session")
def option(
    sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], CheckedAssembly]:
    """A deployment file of the project by name, synthesized from the sample with all checks."""

    @functools.cache
    def of(name: str) -> CheckedAssembly:
        deployment = load_deployment(PROJECT / "deployments" / f"{name}.yaml")
        return checked(
            deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp(name)
        )

    return of


@pytest.fixture(scope="session")
def rds_s3_assembly(option: Callable[[str], CheckedAssembly]) -> Assembly:
    """RDS and S3 with Dex, synthesized from the sample."""
    return option("rds-s3").assembly


@pytest.fixture(scope="session")
def data_plane() -> Deployment:
    """The default with everything that users work on: FSx, accelerators, Prometheus ..."""
    return load_deployment(PROJECT / "tests" / "support" / "data-plane.yaml")


@pytest.fixture(scope="session")
def checked_data_plane(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """The same, synthesized from the sample with all checks."""
    return checked(
        data_plane, sample_of(data_plane, sample_cache), tmp_path_factory.mktemp("data-plane")
    )


@pytest.fixture(scope="session")
def data_plane_assembly(checked_data_plane: CheckedAssembly) -> Assembly:
    """The same, for what needs no findings."""
    return checked_data_plane.assembly


@pytest.fixture(scope="session")
def production_deployment(data_plane: Deployment) -> Deployment:
    """The same in production."""
    return variation(data_plane, {"environment": "production"})


@pytest.fixture(scope="session")
def checked_production(
    production_deployment: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """The same, synthesized from the sample with all checks, those of production included."""
    return checked(
        production_deployment,
        sample_of(production_deployment, sample_cache),
        tmp_path_factory.mktemp("production"),
    )


@pytest.fixture(scope="session")
def production_assembly(checked_production: CheckedAssembly) -> Assembly:
    """The same, for what needs no findings."""
    return checked_production.assembly


@pytest.fixture(scope="session")
def pipeline(sample_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> CheckedAssembly:
    """The example's pipeline with both deployments, from the sample, with all checks."""
    delivery, deployments = load_delivery(PROJECT / PIPELINE, root=PROJECT)
    contents = [(each, sample_of(each, sample_cache)) for each in deployments]
    return checked_delivery(delivery, contents, PIPELINE, tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="session")
def best_default_assembly(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """The default deployment, synthesized from real upstream if it can be had."""
    deployment = load_deployment(deployment_path(PROJECT, None))
    return synthesize(deployment, best_of(deployment), tmp_path_factory.mktemp("best-default"))


@pytest.fixture(scope="session")
def upstream_default_assembly(
    upstream_platform: Platform, best_default_assembly: Assembly
) -> Assembly:
    """The default deployment from the real upstream sources; skipped where there are none."""
    assert upstream_platform.components
    return best_default_assembly


@pytest.fixture(scope="session")
def best_cognito_assembly(
    cognito: Deployment, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """Sign-in with Cognito, synthesized from real upstream if it can be had."""
    return synthesize(cognito, best_of(cognito), tmp_path_factory.mktemp("best-cognito"))


@pytest.fixture(scope="session")
def best_platform(vanilla: Deployment, pytestconfig: pytest.Config) -> Platform:
    """Real upstream where the cache, a mirror or the network has it, else the bundled sample."""
    platform = best_of(vanilla)
    description = f"Kubeflow {platform.release} from {platform.origin.description}"
    pytestconfig.stash[TESTED] = description
    return platform


@pytest.fixture(scope="session")
def upstream_platform(best_platform: Platform) -> Platform:
    """The real thing; skipped where it cannot be had."""
    if best_platform.origin is not Origin.UPSTREAM:
        pytest.skip("upstream sources cannot be had here")
    return best_platform


@pytest.fixture(scope="session")
def upstream_assembly(
    vanilla: Deployment, upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The default deployment, synthesized from the real upstream sources."""
    return synthesize(vanilla, upstream_platform, tmp_path_factory.mktemp("upstream"))


@pytest.fixture(scope="session")
def upstream_cognito_assembly(
    upstream_platform: Platform, best_cognito_assembly: Assembly
) -> Assembly:
    """Sign-in with Cognito from the real upstream sources; skipped where they cannot be had."""
    assert upstream_platform.components
    return best_cognito_assembly
