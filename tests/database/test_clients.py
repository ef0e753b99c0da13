"""The real metadata store and the real Katib, configured as rendered, on a real server with TLS."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.manifests.objects import key_of
from kubeflow_aws.manifests.platform import Platform
from tests.database.conftest import Bootstrap
from tests.database.mariadb import NO_SOCKET, Server
from tests.support.deployments import option_of
from tests.support.platforms import best_of
from tests.support.programs import write_program

pytestmark = pytest.mark.upstream

Prepare = Callable[[], Bootstrap]
Credentials = dict[str, dict[str, str]]
METADATA = "kubeflow/metadata-grpc-deployment"

# What `metadata_store_server` does at its start, through the same code in the library.
STORE = """#!{python}
import sys
from google.protobuf import text_format
from ml_metadata import MetadataStore
from ml_metadata.proto import metadata_store_pb2

[file] = [each.partition("=")[2] for each in sys.argv if "_config_file=" in each]
with open(file) as text:
    config = text_format.Parse(text.read(), metadata_store_pb2.MetadataStoreServerConfig())
MetadataStore(
    config.connection_config,
    enable_upgrade_migration=config.migration_options.enable_upgrade_migration,
)
"""


@pytest.fixture(scope="module")
def rds(upstream_platform: Platform) -> Platform:
    """What runs with RDS, from the real upstream sources; skipped where there are none."""
    assert upstream_platform.components
    return best_of(option_of("rds-s3"))


def container_of(platform: Platform, deployment: str) -> dict[str, Any]:
    [found] = [
        item for item in platform.objects if str(key_of(item)) == f"Deployment.apps {deployment}"
    ]
    pod: Any = found["spec"]
    [container] = pod["template"]["spec"]["containers"]
    return dict(container)


def version_of(container: dict[str, Any]) -> str:
    return str(container["image"]).partition("@")[0].rpartition(":")[2]


class MetadataStore:
    """The command of the metadata store's container, with the library in the server's place."""

    def __init__(self, container: dict[str, Any], python: Path, server: Server, folder: Path):
        self._server, self._folder = server, folder
        program = folder / "metadata_store_server"
        write_program(program, STORE.format(python=python))
        [script] = container["args"]
        self.script = script.replace("/run/metadata-store", str(folder)).replace(
            "/bin/metadata_store_server", str(program)
        )

    def start(
        self, user: dict[str, str], *, script: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it until it is connected and has made its tables."""
        return subprocess.run(
            ["/bin/sh", "-euc", script or self.script],
            env={
                "PATH": os.environ["PATH"],
                "MYSQL_HOST": NO_SOCKET,
                "MYSQL_PORT": str(self._server.port),
                "MYSQL_DATABASE": "metadb",
                "DBCONFIG_USER": user["username"],
                "DBCONFIG_PASSWORD": user["password"],
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def metadata_store(rds: Platform, server: Server, project: Path, tmp_path: Path) -> MetadataStore:
    container = container_of(rds, METADATA)
    python = project / "build" / "ml-metadata" / "bin" / "python"
    if not python.is_file():
        pytest.skip("ml-metadata is not installed: make test-upstream")
    [installed] = python.parents[1].glob("lib/python3*/site-packages/ml_metadata-*.dist-info")
    assert installed.name == f"ml_metadata-{version_of(container)}.dist-info", (
        "bring ml-metadata in pyproject.toml to the image's version: make lock"
    )
    return MetadataStore(container, python, server, tmp_path)


def test_the_metadata_store_connects_as_it_is_configured(
    metadata_store: MetadataStore, prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server

    done = metadata_store.start(credentials["pipelines"])

    assert done.returncode == 0, done.stderr
    assert ("Execution",) in server.query("SHOW TABLES FROM metadb")


def test_the_metadata_store_must_use_tls(
    metadata_store: MetadataStore, prepared: Prepare, credentials: Credentials
) -> None:
    prepared()
    script = re.sub(r"ssl_options \{[^}]*\}", "", metadata_store.script)

    done = metadata_store.start(credentials["pipelines"], script=script)

    assert "mysql_real_connect failed" in done.stderr


def test_the_metadata_store_cannot_verify_a_server_yet(
    metadata_store: MetadataStore, prepared: Prepare, credentials: Credentials
) -> None:
    """When this fails, a release can: turn it on in metadata-store-tls.yaml, and say so."""
    server, user = prepared().server, credentials["pipelines"]
    with server.connect(user["username"], user["password"], host=NO_SOCKET) as connection:
        connection.ping()
    verified = f'ssl_options {{ ca: "{server.authority}" verify_server_cert: true }}'
    script, found = re.subn(r"ssl_options \{[^}]*\}", verified, metadata_store.script)
    assert found == 1

    done = metadata_store.start(user, script=script)

    assert "mysql_real_connect failed" in done.stderr
