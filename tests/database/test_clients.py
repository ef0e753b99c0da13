"""The real metadata store and the real Katib, configured as rendered, on a real server with TLS."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import key_of
from kubeflow_aws.rendering.platform import Platform
from tests.database.conftest import Bootstrap
from tests.database.database_server import NO_SOCKET, Server
from tests.support.deployments import option_of
from tests.support.platforms import best_of
from tests.support.programs import write_program

pytestmark = pytest.mark.upstream

Prepare = Callable[[], Bootstrap]
Credentials = dict[str, dict[str, str]]
METADATA = "kubeflow/metadata-grpc-deployment"
KATIB = "kubeflow/katib-db-manager"
START_SECONDS = 60

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


class Katib:
    """Katib's database manager with the environment of its container."""

    def __init__(self, container: dict[str, Any], program: Path, folder: Path):
        self._program = program
        self._environment = {
            each["name"]: each["value"] for each in container["env"] if "value" in each
        }
        self.authority = folder / "authority"
        self.authority.mkdir()
        [mounted] = [
            each["mountPath"]
            for each in container["volumeMounts"]
            if each["name"] == "database-authority"
        ]
        assert self._environment["SSL_CERT_DIR"] == mounted
        assert container["readinessProbe"]["grpc"]["port"] == 6789

    @contextmanager
    def running(self, server: Server, user: dict[str, str], **other: str) -> Iterator[str]:
        """Run it until it listens or gives up; the block gets what it said."""
        with (
            socket.create_server(("127.0.0.1", 0)) as free,
            (self.authority.parent / "log").open("w+") as log,
        ):
            port = free.getsockname()[1]
            free.close()
            process = subprocess.Popen(
                [self._program, f"--listen-address=127.0.0.1:{port}", "--connect-timeout=8s"],
                env={
                    **self._environment,
                    "SSL_CERT_DIR": str(self.authority),
                    "KATIB_MYSQL_DB_HOST": "localhost",
                    "KATIB_MYSQL_DB_PORT": str(server.port),
                    "DB_USER": user["username"],
                    "DB_PASSWORD": user["password"],
                    **other,
                },
                stderr=log,
            )
            try:
                _wait_for(port, process)
                log.seek(0)
                yield log.read()
            finally:
                process.kill()
                process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)


@pytest.fixture
def katib(rds: Platform, project: Path, tmp_path: Path) -> Katib:
    container = container_of(rds, KATIB)
    program = project / "build" / "katib" / version_of(container) / "katib-db-manager"
    if not program.is_file():
        pytest.skip(
            f"Katib {version_of(container)} is not built: make test-upstream, after setting KATIB "
            "in the Makefile"
        )
    return Katib(container, program, tmp_path)


def test_katib_connects_as_it_is_configured_to_a_server_that_wants_tls(
    katib: Katib, prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server
    shutil.copy(server.authority, katib.authority / "rds.pem")

    with (
        server.demanding_tls(),
        katib.running(server, credentials["katib"]) as said,
    ):
        assert "Start Katib manager" in said
        assert server.query("SHOW TABLES FROM katib") == [("observation_logs",)]


def test_katib_refuses_a_server_of_another_authority(
    katib: Katib, prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server

    with katib.running(server, credentials["katib"]) as said:
        assert "certificate signed by unknown authority" in said
        assert "Start Katib manager" not in said


def test_katib_refuses_a_server_of_another_name(
    katib: Katib, prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server
    shutil.copy(server.authority, katib.authority / "rds.pem")

    with katib.running(server, credentials["katib"], KATIB_MYSQL_DB_HOST="127.0.0.1") as said:
        assert "cannot validate certificate for 127.0.0.1" in said


def test_katib_without_the_parameters_is_denied(
    katib: Katib, prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server
    shutil.copy(server.authority, katib.authority / "rds.pem")

    with katib.running(server, credentials["katib"], KATIB_MYSQL_DB_DATABASE="katib") as said:
        assert "Access denied" in said
