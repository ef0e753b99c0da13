"""The bootstrap's script against a real server: who may do what afterwards."""

from __future__ import annotations

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


def test_pipelines_must_use_tls_and_katib_cannot(
    prepared: Prepare, credentials: Credentials
) -> None:
    server = prepared().server
    pipelines, katib = credentials["pipelines"], credentials["katib"]

    with pytest.raises(pymysql.MySQLError, match="denied"):
        server.connect(pipelines["username"], pipelines["password"], tls=False)
    with server.connect(katib["username"], katib["password"], tls=False) as connection:
        connection.ping()


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
