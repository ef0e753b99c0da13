"""The query of `make verify` on a real server, by the pod's own script."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

from kubeflow_aws.cli.verify.metadata import SCRIPT, TABLES, query_for, rows_in
from tests.database.conftest import CLIENT, Bootstrap
from tests.support.programs import write_program

RUN = "01234567-89ab-cdef-0123-456789abcdef"


def test_the_rows_of_a_run_are_shown(
    prepared: Callable[[], Bootstrap], credentials: dict[str, dict[str, str]]
) -> None:
    bootstrap = prepared()
    server, user = bootstrap.server, credentials["pipelines"]
    with server.connect(user["username"], user["password"], database="mlpipeline") as connection:
        for table in TABLES:
            connection.cursor().execute(f"CREATE TABLE {table} (UUID VARCHAR(36) PRIMARY KEY)")
        connection.cursor().execute("INSERT INTO run_details VALUES (%s), (%s)", (RUN, "another"))
    write_program(bootstrap.folder / "mysql", CLIENT)

    done = subprocess.run(
        ["/bin/bash", "-c", SCRIPT.replace("/tmp/", f"{bootstrap.folder}/")],  # noqa: S108
        env={
            "PATH": f"{bootstrap.folder}:{os.environ['PATH']}",
            "DATABASE_HOST": "localhost",
            "DATABASE_PORT": str(server.port),
            "DATABASE_USER": user["username"],
            "DATABASE_PASSWORD": user["password"],
            "MYSQL_TLS": f"--ssl-mode=VERIFY_IDENTITY --ssl-ca={server.authority}",
            "QUERY": query_for(RUN),
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert rows_in(done.stdout) == {**dict.fromkeys(TABLES, 0), "run_details": 2, "this run": 1}
