"""The bootstrap's script against a real server: who may do what afterwards."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

import pymysql
import pytest

from tests.database.conftest import Bootstrap

Prepare = Callable[[], Bootstrap]
Credentials = dict[str, dict[str, str]]


def test_each_application_reaches_its_schemas_and_no_other(
    prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server
    own = {"pipelines": ("mlpipeline", "cachedb", "metadb"), "katib": ("katib",)}

    for name, schemas in own.items():
        user = credentials[name]
        with server.connect(user["username"], user["password"]) as connection:
            cursor = connection.cursor()
            cursor.execute("SHOW DATABASES")
            seen = {row[0] for row in cursor.fetchall()} - {"information_schema"}
            assert seen == set(schemas)
            for schema in schemas:
                cursor.execute(f"CREATE TABLE {schema}.t (id INT PRIMARY KEY)")
                cursor.execute(f"ALTER TABLE {schema}.t ADD COLUMN name VARCHAR(20)")
                cursor.execute(f"CREATE INDEX by_name ON {schema}.t (name)")
                cursor.execute(f"ALTER TABLE {schema}.t RENAME COLUMN name TO label")
                cursor.execute(f"DROP TABLE {schema}.t")
            with pytest.raises(pymysql.MySQLError, match="denied"):
                cursor.execute("CREATE DATABASE another")
            with pytest.raises(pymysql.MySQLError, match="denied"):
                cursor.execute("SELECT * FROM mysql.user")


def test_the_api_server_may_say_that_its_database_exists(
    prepared: Prepare, credentials: Credentials
) -> None:
    # It creates it and takes "exists" for an answer, but not "denied".
    user = credentials["pipelines"]

    with (
        prepared().server.connect(user["username"], user["password"]) as connection,
        pytest.raises(pymysql.MySQLError, match="database exists"),
    ):
        connection.cursor().execute("CREATE DATABASE mlpipeline")


@pytest.mark.parametrize("application", ["pipelines", "katib"])
def test_an_application_must_use_tls(
    application: str, prepared: Prepare, credentials: Credentials
) -> None:
    server, user = prepared().server, credentials[application]

    with pytest.raises(pymysql.MySQLError, match="denied"):
        server.connect(user["username"], user["password"], tls=False)
    with server.connect(user["username"], user["password"]) as connection:
        connection.ping()


def test_a_user_of_an_earlier_release_is_bound_to_tls(
    prepared: Prepare, credentials: Credentials
) -> None:
    bootstrap, user = prepared(), credentials["katib"]
    bootstrap.server.query("ALTER USER 'katib_a'@'%' REQUIRE NONE")

    assert bootstrap.run(credentials).returncode == 0

    with pytest.raises(pymysql.MySQLError, match="denied"):
        bootstrap.server.connect(user["username"], user["password"], tls=False)


def test_users_have_the_plugin_that_ml_metadata_knows(prepared: Prepare) -> None:
    rows = prepared().server.query(
        "SELECT user, plugin FROM mysql.user WHERE user REGEXP '^(pipelines|katib)_'"
    )

    assert dict(rows) == dict.fromkeys(
        ("pipelines_a", "pipelines_b", "katib_a", "katib_b"), "mysql_native_password"
    )


def test_nobody_can_be_the_user_whose_turn_it_is_not(
    prepared: Prepare, credentials: Credentials
) -> None:
    with pytest.raises(pymysql.MySQLError, match=r"denied|locked"):
        prepared().server.connect("pipelines_b", credentials["pipelines"]["password"])


def test_it_may_run_again_and_keeps_what_is_there(
    prepared: Prepare, credentials: Credentials
) -> None:
    bootstrap = prepared()
    bootstrap.server.query("CREATE TABLE mlpipeline.kept (id INT)")
    rotated = {
        **credentials,
        "pipelines": {"username": "pipelines_b", "password": "PipelinesPassword0002"},
    }

    assert bootstrap.run(rotated).returncode == 0

    assert bootstrap.server.query("SHOW TABLES FROM mlpipeline") == [("kept",)]
    for password, user in (("0001", "pipelines_a"), ("0002", "pipelines_b")):
        with bootstrap.server.connect(user, f"PipelinesPassword{password}") as connection:
            connection.ping()


def test_a_secret_of_another_form_is_refused_before_anything_happens(
    bootstrap: Bootstrap, credentials: Credentials
) -> None:
    credentials["pipelines"]["username"] = "root"

    answer = bootstrap.run(credentials)

    assert answer.returncode != 0
    assert "must name pipelines_a or pipelines_b" in answer.stderr
    assert bootstrap.server.query("SHOW DATABASES LIKE 'katib'") == []


def test_a_server_that_is_another_is_refused(
    bootstrap: Bootstrap, credentials: Credentials
) -> None:
    bootstrap.server.authority.rename(bootstrap.server.authority.with_suffix(".away"))
    try:
        other = bootstrap.server.folder.parent / "nobody.pem"
        answer = Bootstrap(
            server=type(bootstrap.server)(
                port=bootstrap.server.port, authority=other, folder=bootstrap.server.folder
            ),
            folder=bootstrap.folder,
        ).run(credentials)
    finally:
        bootstrap.server.authority.with_suffix(".away").rename(bootstrap.server.authority)

    assert answer.returncode != 0
    assert bootstrap.server.query("SHOW DATABASES LIKE 'katib'") == []


class Unreliable:
    """A port whose first connections get no answer, as on a node that has just learned a policy."""

    def __init__(self, server: int, silent: int) -> None:
        self._server, self._silent = server, silent
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._held: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]
        self.taken = 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._held.append(client)
            self.taken += 1
            if self.taken > self._silent:
                server = socket.create_connection(("127.0.0.1", self._server))
                self._held.append(server)
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=_copy, args=pair, daemon=True).start()

    def close(self) -> None:
        for each in (self._listener, *self._held):
            each.close()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def test_answers_that_are_lost_at_first_are_no_end(
    bootstrap: Bootstrap, credentials: Credentials
) -> None:
    with contextlib.closing(Unreliable(bootstrap.server.port, silent=1)) as way:
        answer = bootstrap.run(credentials, port=way.port, connect_seconds=60)

    assert answer.returncode == 0, answer.stderr
    assert way.taken > 1
    assert "SELECT 1" not in answer.stdout
    assert bootstrap.server.query("SHOW DATABASES LIKE 'katib'") == [("katib",)]


def test_a_server_that_never_answers_is_given_up_with_what_the_client_says(
    bootstrap: Bootstrap, credentials: Credentials
) -> None:
    with contextlib.closing(Unreliable(bootstrap.server.port, silent=1000)) as way:
        answer = bootstrap.run(credentials, port=way.port)

    assert answer.returncode != 0
    assert "ERROR 2013" in answer.stderr or "ERROR 2003" in answer.stderr
    assert "ready" not in answer.stdout
