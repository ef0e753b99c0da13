"""A database server, prepared by the bootstrap's own script."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.database.database_server import ADMIN_PASSWORD, Server, running_server
from tests.support.programs import write_program

PROJECT = Path(__file__).resolve().parents[2]
SCRIPT = PROJECT / "manifests" / "components" / "database" / "bootstrap.sh"

# MariaDB's client has another name for the one option that MySQL's has. A server of the tests that
# does not answer within a second never will.
CLIENT = """#!/bin/sh
for argument; do
  shift
  case "$argument" in
    --ssl-mode=VERIFY_IDENTITY) argument=--ssl-verify-server-cert ;;
    --connect-timeout=5) argument=--connect-timeout=1 ;;
  esac
  set -- "$@" "$argument"
done
exec mariadb "$@"
"""
SLEEP = "#!/bin/sh\n"


@dataclass(frozen=True, kw_only=True)
class Bootstrap:
    """Runs the bootstrap's script as its Job does.

    Attributes:
        server: Where it works.
        folder: For its files.
    """

    server: Server
    folder: Path

    def run(
        self,
        credentials: dict[str, dict[str, str]],
        *,
        port: int | None = None,
        connect_seconds: int = 1,
    ) -> subprocess.CompletedProcess[str]:
        """Run it with an application's credentials each.

        Args:
            credentials: By application.
            port: Where it finds the server; the server's own if left out.
            connect_seconds: For how long it tries to reach the server.
        """
        mounted = self.folder / "credentials"
        mounted.mkdir(exist_ok=True)
        admin = {"username": "admin", "password": ADMIN_PASSWORD}
        for name, values in {"admin": admin, **credentials}.items():
            for key, value in values.items():
                (mounted / f"{name}-{key}").write_text(value)
        write_program(self.folder / "mysql", CLIENT)
        write_program(self.folder / "sleep", SLEEP)
        return subprocess.run(
            ["/bin/bash", str(SCRIPT)],
            env={
                "PATH": f"{self.folder}:{os.environ['PATH']}",
                "DATABASE_HOST": "localhost",
                "DATABASE_PORT": str(port or self.server.port),
                "CONNECT_SECONDS": str(connect_seconds),
                "SCRATCH": str(self.folder),
                "CREDENTIALS": str(mounted),
                "AUTHORITY": str(self.server.authority),
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    program = os.environ.get("DATABASE_SERVER") or shutil.which("mariadbd")
    if program is None:
        pytest.skip("no mariadbd here (Debian: mariadb-server-core and mariadb-client-core)")
    # A socket's path is short, and pytest's folders are deep.
    with (
        tempfile.TemporaryDirectory(prefix="db") as folder,
        running_server(program, Path(folder)) as running,
    ):
        yield running


@pytest.fixture
def bootstrap(server: Server, tmp_path: Path) -> Bootstrap:
    for user in ("pipelines_a", "pipelines_b", "katib_a", "katib_b"):
        server.query(f"DROP USER IF EXISTS '{user}'@'%'")
    for schema in ("mlpipeline", "cachedb", "metadb", "katib"):
        server.query(f"DROP DATABASE IF EXISTS {schema}")
    return Bootstrap(server=server, folder=tmp_path)


CREDENTIALS = {
    "pipelines": {"username": "pipelines_a", "password": "PipelinesPassword0001"},
    "katib": {"username": "katib_a", "password": "KatibPassword00000001"},
}


@pytest.fixture
def credentials() -> dict[str, dict[str, str]]:
    """What Secrets Manager holds at first."""
    copied: dict[str, dict[str, str]] = json.loads(json.dumps(CREDENTIALS))
    return copied


@pytest.fixture
def prepared(
    bootstrap: Bootstrap, credentials: dict[str, dict[str, str]]
) -> Callable[[], Bootstrap]:
    """A server on which the bootstrap has run."""

    def run() -> Bootstrap:
        answer = bootstrap.run(credentials)
        assert answer.returncode == 0, answer.stderr
        return bootstrap

    return run
