"""Fixtures that are dear: renders and synthesized apps, one per option and session."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from xdist.remote import Producer

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
from kubeflow_aws.rendering.platform import Platform  # noqa: E402
from kubeflow_aws.upstream.sources import Origin  # noqa: E402
from localcloud.kubernetes.programs import control_plane_of  # noqa: E402

pytest_plugins = ["tests.support.small_sources"]

from tests.support.assembly import (  # noqa: E402
    Assembly,
    CheckedAssembly,
    checked,
    checked_delivery,
    synthesize,
)
from tests.support.deployments import (  # noqa: E402
    CHOICES,
    EXISTING_CLUSTER,
    EXISTING_VPC,
    UNLISTED,
    option_of,
    variation,
)
from tests.support.distribution import ByFixtures, leave_file, tell_where  # noqa: E402
from tests.support.platforms import (  # noqa: E402
    all_sample_variants_of,
    all_variants_of,
    best_of,
    sample_of,
)

TESTED = pytest.StashKey[str]()
PIPELINE = "deployments/delivery/pipeline.yaml"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-platform` what starts a control plane."""
    for item in items:
        starts = "control_plane" in getattr(item, "fixturenames", ())
        if starts and not item.get_closest_marker("e2e"):
            item.add_marker("platform")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Before xdist's own, which hands on the names of the tests."""
    leave_file(session)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The type of `node` is xdist's own."""
    tell_where(node)


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
    return option_of("vanilla")


@pytest.fixture(scope="session")
def cognito() -> Deployment:
    """Sign-in with Cognito, with a machine client and a contributor."""
    return variation(
        option_of("cognito"),
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
def sample_option(sample_cache: Path) -> Callable[[str], Platform]:
    """A deployment file of the project by name, rendered from the sample."""

    @functools.cache
    def of(name: str) -> Platform:
        return sample_of(option_of(name), sample_cache)

    return of


@pytest.fixture(scope="session")
def sample_platform(sample_option: Callable[[str], Platform]) -> Platform:
    return sample_option("vanilla")


@pytest.fixture(scope="session")
def all_sample_variants(vanilla: Deployment, sample_cache: Path) -> Platform:
    """Every component of the sample in every variant."""
    return all_sample_variants_of(vanilla, sample_cache)


@pytest.fixture(scope="session")
def sample_assembly(option: Callable[[str], CheckedAssembly]) -> Assembly:
    """All in the cluster with Dex, synthesized from the sample."""
    return option("vanilla").assembly


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
    sample_option: Callable[[str], Platform], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], CheckedAssembly]:
    """A deployment file of the project by name, synthesized from the sample with all checks."""

    @functools.cache
    def of(name: str) -> CheckedAssembly:
        return checked(option_of(name), sample_option(name), tmp_path_factory.mktemp(name))

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
def data_plane_platform(data_plane: Deployment, sample_cache: Path) -> Platform:
    """The same, rendered from the sample."""
    return sample_of(data_plane, sample_cache)


@pytest.fixture(scope="session")
def checked_data_plane(
    data_plane: Deployment,
    data_plane_platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
) -> CheckedAssembly:
    """The same, synthesized from the sample with all checks."""
    return checked(data_plane, data_plane_platform, tmp_path_factory.mktemp("data-plane"))


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
def checked_choices(
    data_plane: Deployment, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """Production in somebody else's VPC, from a snapshot ..., from the sample, with all checks."""
    deployment = variation(data_plane, CHOICES)
    return checked(
        deployment, sample_of(deployment, sample_cache), tmp_path_factory.mktemp("choices")
    )


@pytest.fixture(scope="session")
def existing_cluster(vanilla: Deployment) -> Deployment:
    """The default in a cluster of somebody else."""
    return variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})


@pytest.fixture(scope="session")
def existing_cluster_platform(existing_cluster: Deployment, sample_cache: Path) -> Platform:
    """The same, rendered from the sample."""
    return sample_of(existing_cluster, sample_cache)


@pytest.fixture(scope="session")
def checked_existing_cluster(
    existing_cluster: Deployment,
    existing_cluster_platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
) -> CheckedAssembly:
    """The same, synthesized from the sample with all checks."""
    return checked(
        existing_cluster, existing_cluster_platform, tmp_path_factory.mktemp("existing-cluster")
    )


@pytest.fixture(scope="session")
def pipeline(sample_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> CheckedAssembly:
    """The example's pipeline with both deployments, from the sample, with all checks."""
    delivery, deployments = load_delivery(PROJECT / PIPELINE, root=PROJECT)
    contents = [(each, sample_of(each, sample_cache)) for each in deployments]
    return checked_delivery(delivery, contents, PIPELINE, tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="session")
def upstream_default_assembly(
    upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The default deployment from the real upstream sources; skipped where there are none."""
    assert upstream_platform.components
    deployment = load_deployment(deployment_path(PROJECT, None))
    return synthesize(deployment, best_of(deployment), tmp_path_factory.mktemp("upstream-default"))


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
def all_upstream_variants(vanilla: Deployment, upstream_platform: Platform) -> Platform:
    """Every component of the real upstream sources in every variant."""
    assert upstream_platform.components
    return all_variants_of(vanilla)


@pytest.fixture(scope="session")
def upstream_assembly(
    vanilla: Deployment, upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """The default deployment, synthesized from the real upstream sources."""
    return synthesize(vanilla, upstream_platform, tmp_path_factory.mktemp("upstream"))


@pytest.fixture(scope="session")
def upstream_cognito_assembly(
    cognito: Deployment, upstream_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Assembly:
    """Sign-in with Cognito from the real upstream sources; skipped where they cannot be had."""
    assert upstream_platform.components
    return synthesize(cognito, best_of(cognito), tmp_path_factory.mktemp("upstream-cognito"))
