"""A rotation with the function's own code, a real server, and Secrets Manager as moto has it."""

from __future__ import annotations

import importlib.util
import json
import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import boto3
import pymysql
import pytest
from moto import mock_aws

from kubeflow_aws.database.rotation_function import CODE
from tests.database.conftest import Bootstrap
from tests.database.database_server import ADMIN_PASSWORD

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
Credentials = dict[str, dict[str, str]]


class Rotation:
    """Secrets Manager's part of a rotation: it calls the function step by step."""

    def __init__(self, function: ModuleType, client: Any, secret: str) -> None:
        self._function, self._client, self.secret = function, client, secret

    def begin(self) -> str:
        """A new version on its way, as RotateSecret makes one."""
        token = str(uuid.uuid4())
        current = self._client.get_secret_value(SecretId=self.secret)["SecretString"]
        self._client.put_secret_value(
            SecretId=self.secret,
            ClientRequestToken=token,
            SecretString=current,
            VersionStages=["AWSPENDING"],
        )
        return token

    def step(self, token: str, step: str) -> None:
        self._function.handler(
            {"SecretId": self.secret, "ClientRequestToken": token, "Step": step}, None
        )

    def run(self) -> None:
        token = self.begin()
        for step in STEPS:
            self.step(token, step)

    def current(self) -> dict[str, str]:
        value = self._client.get_secret_value(SecretId=self.secret, VersionStage="AWSCURRENT")
        credentials: dict[str, str] = json.loads(value["SecretString"])
        return credentials


@pytest.fixture
def rotation(
    prepared: Callable[[], Bootstrap],
    credentials: Credentials,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Rotation]:
    server = prepared().server
    shutil.copy(CODE / "index.py", tmp_path / "rotation_index.py")
    shutil.copy(server.authority, tmp_path / "rds-authority.pem")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-west-2",
        "ADMIN_SECRET": "admin",
        "DATABASE_HOST": "localhost",
        "DATABASE_PORT": str(server.port),
        # They take most of the time of a test, and nothing here asks for one.
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",
    }.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("rotation", tmp_path / "rotation_index.py")
    assert spec is not None
    assert spec.loader is not None
    function = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(function)
    with mock_aws():
        client = boto3.client("secretsmanager")
        admin = {"username": "admin", "password": ADMIN_PASSWORD}
        client.create_secret(Name="admin", SecretString=json.dumps(admin))
        client.create_secret(Name="pipelines", SecretString=json.dumps(credentials["pipelines"]))
        # moto has no pending version without a value; a made one shows what the function does.
        monkeypatch.setattr(function, "create_secret", _create_over(function.create_secret))
        yield Rotation(function, client, "pipelines")


def _create_over(create: Callable[..., None]) -> Callable[..., None]:
    """Let the function find no value under a version that moto had to give one."""

    def create_secret(client: Any, secret: str, token: str) -> None:
        class Empty:
            exceptions = client.exceptions

            def get_secret_value(self, **asked: str) -> Any:
                if asked.get("VersionStage") == "AWSPENDING":
                    raise client.exceptions.ResourceNotFoundException({}, "GetSecretValue")
                return client.get_secret_value(**asked)

            def put_secret_value(self, **given: Any) -> Any:
                return client.put_secret_value(**given)

        create(Empty(), secret, token)

    return create_secret


def test_old_credentials_work_until_every_client_has_the_new_ones(
    rotation: Rotation, bootstrap: Bootstrap, credentials: Credentials
) -> None:
    server, before = bootstrap.server, credentials["pipelines"]
    with server.connect(before["username"], before["password"]) as busy:
        rotation.run()
        after = rotation.current()

        assert after["username"] == "pipelines_b"
        # A run in the middle of its work, and a pod that starts with what it has.
        busy.cursor().execute("CREATE TABLE mlpipeline.run (id INT)")
    with server.connect(before["username"], before["password"]) as late:
        late.cursor().execute("INSERT INTO mlpipeline.run VALUES (1)")
    with server.connect(after["username"], after["password"]) as new:
        new.cursor().execute("SELECT * FROM mlpipeline.run")

    rotation.run()

    assert rotation.current()["username"] == "pipelines_a"
    with pytest.raises(pymysql.MySQLError, match="denied"):
        server.connect(before["username"], before["password"])
    with server.connect(after["username"], after["password"]) as still:
        still.ping()


def test_a_step_may_be_repeated(rotation: Rotation) -> None:
    token = rotation.begin()
    for step in STEPS:
        if step != "createSecret":
            rotation.step(token, step)
        rotation.step(token, step)

    assert rotation.current()["username"] == "pipelines_b"


def test_new_credentials_still_need_tls(rotation: Rotation, bootstrap: Bootstrap) -> None:
    rotation.run()
    after = rotation.current()

    with pytest.raises(pymysql.MySQLError, match="denied"):
        bootstrap.server.connect(after["username"], after["password"], tls=False)


def test_credentials_that_do_not_work_never_become_current(
    rotation: Rotation, bootstrap: Bootstrap
) -> None:
    token = rotation.begin()
    rotation.step(token, "createSecret")
    rotation.step(token, "setSecret")
    bootstrap.server.query("ALTER USER 'pipelines_b'@'%' ACCOUNT LOCK")

    with pytest.raises(pymysql.MySQLError, match=r"denied|locked"):
        rotation.step(token, "testSecret")
    assert rotation.current()["username"] == "pipelines_a"


def test_a_rotation_can_be_arranged_before_there_is_any_user(
    rotation: Rotation, bootstrap: Bootstrap
) -> None:
    """Secrets Manager runs one step alone then, with a copy of the current credentials."""
    before = rotation.current()
    for user in ("pipelines_a", "pipelines_b"):
        bootstrap.server.query(f"DROP USER '{user}'@'%'")

    rotation.step(rotation.begin(), "testSecret")

    assert rotation.current() == before


def test_a_rotation_without_a_master_user_is_told_when_it_is_arranged(rotation: Rotation) -> None:
    wrong = json.dumps({"username": "admin", "password": "another"})
    boto3.client("secretsmanager").put_secret_value(SecretId="admin", SecretString=wrong)

    with pytest.raises(pymysql.MySQLError, match="denied"):
        rotation.step(rotation.begin(), "testSecret")


def test_another_users_password_is_never_set(rotation: Rotation) -> None:
    client = boto3.client("secretsmanager")
    token = str(uuid.uuid4())
    client.put_secret_value(
        SecretId="pipelines",
        ClientRequestToken=token,
        SecretString=json.dumps({"username": "admin", "password": "x"}),
        VersionStages=["AWSPENDING"],
    )

    with pytest.raises(ValueError, match="not the one whose turn it is"):
        rotation.step(token, "setSecret")


@pytest.mark.parametrize(
    ("step", "message"),
    [("createSecret", "has no version"), ("danceSecret", "no step")],
)
def test_a_call_that_is_none_is_refused(rotation: Rotation, step: str, message: str) -> None:
    token = rotation.begin() if step == "danceSecret" else str(uuid.uuid4())

    with pytest.raises(ValueError, match=message):
        rotation.step(token, step)
