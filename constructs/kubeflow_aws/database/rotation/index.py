"""Gives an application new database credentials: a rotation function of AWS Secrets Manager.

An application has two users, ``NAME_a`` and ``NAME_b``, who take turns. Each rotation changes the
password of the one that is not in use, so whoever still holds the credentials before keeps working
until the next rotation (Secrets Manager User Guide, "Alternating users rotation strategy"). The
bootstrap Job creates both with their rights (manifests/components/database/bootstrap.sh).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import ssl
import string
from pathlib import Path
from typing import Any

import boto3
import pymysql

AUTHORITY = Path(__file__).with_name("rds-authority.pem")
LETTERS = string.ascii_letters + string.digits

log = logging.getLogger()
log.setLevel(logging.INFO)


def handler(event: dict[str, str], context: object) -> None:
    """Take one step of a rotation (Secrets Manager User Guide, "Rotation function steps").

    Raises:
        ValueError: The secret is not being rotated to this version, or the step is unknown.
    """
    del context
    client = boto3.client("secretsmanager")
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = client.describe_secret(SecretId=secret)["VersionIdsToStages"].get(token)
    if stages is None:
        raise ValueError(f"{secret} has no version {token}")
    if "AWSCURRENT" in stages:
        log.info("version %s is current already", token)
        return
    if "AWSPENDING" not in stages:
        raise ValueError(f"version {token} of {secret} is not pending")
    steps = {
        "createSecret": create_secret,
        "setSecret": set_secret,
        "testSecret": test_secret,
        "finishSecret": finish_secret,
    }
    if step not in steps:
        raise ValueError(f"{step} is no step of a rotation")
    steps[step](client, secret, token)


def create_secret(client: Any, secret: str, token: str) -> None:
    """Put new credentials, of the user whose turn it is, as the pending version."""
    try:
        client.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except client.exceptions.ResourceNotFoundException:
        username = other(current(client, secret)["username"])
        password = "".join(secrets.choice(LETTERS) for _ in range(32))
        client.put_secret_value(
            SecretId=secret,
            ClientRequestToken=token,
            SecretString=json.dumps({"username": username, "password": password}),
            VersionStages=["AWSPENDING"],
        )


def set_secret(client: Any, secret: str, token: str) -> None:
    """Give the pending user the pending password, as the master user.

    Raises:
        ValueError: The pending user is the one in use, or another application's.
    """
    wanted = pending(client, secret, token)
    if wanted["username"] != other(current(client, secret)["username"]):
        raise ValueError(f"{wanted['username']} is not the one whose turn it is")
    with connect(current(client, os.environ["ADMIN_SECRET"])) as connection:
        connection.cursor().execute(
            # MariaDB, which stands in for MySQL in tests, skips the comment.
            "ALTER USER %s@'%%' IDENTIFIED /*!80400 WITH mysql_native_password */ BY %s "
            "ACCOUNT UNLOCK",
            (wanted["username"], wanted["password"]),
        )


def test_secret(client: Any, secret: str, token: str) -> None:
    """Sign in with the pending credentials.

    This step also runs alone, when a rotation is arranged that does not begin at once: Secrets
    Manager "tests the rotation configuration" with a pending version that it removes again (API
    Reference, RotateSecret, RotateImmediately). That version holds the current credentials
    (getmoto/moto#8547), whose user the bootstrap Job may not have made yet. What is tried then is
    what a rotation begins with: the way to the database, and the master user.
    """
    credentials = pending(client, secret, token)
    if credentials == current(client, secret):
        credentials = current(client, os.environ["ADMIN_SECRET"])
    with connect(credentials) as connection:
        connection.cursor().execute("SELECT 1")


def finish_secret(client: Any, secret: str, token: str) -> None:
    """Make the pending version the current one."""
    versions = client.describe_secret(SecretId=secret)["VersionIdsToStages"]
    [before] = [version for version, stages in versions.items() if "AWSCURRENT" in stages]
    client.update_secret_version_stage(
        SecretId=secret,
        VersionStage="AWSCURRENT",
        MoveToVersionId=token,
        RemoveFromVersionId=before,
    )
    log.info("%s is now at version %s", secret, token)


def other(username: str) -> str:
    """The other one of an application's two users."""
    name, _, letter = username.rpartition("_")
    turns = {"a": "b", "b": "a"}
    if not name or letter not in turns:
        raise ValueError(f"{username} is not one of two users NAME_a and NAME_b")
    return f"{name}_{turns[letter]}"


def current(client: Any, secret: str) -> dict[str, str]:
    """The credentials in use."""
    return _parsed(client.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT"))


def pending(client: Any, secret: str, token: str) -> dict[str, str]:
    """The credentials of a version on its way."""
    return _parsed(
        client.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    )


def connect(credentials: dict[str, str]) -> pymysql.connections.Connection[Any]:
    """A connection by TLS to the server that the environment names, and to no other."""
    return pymysql.connect(
        host=os.environ["DATABASE_HOST"],
        port=int(os.environ["DATABASE_PORT"]),
        user=credentials["username"],
        password=credentials["password"],
        ssl=ssl.create_default_context(cafile=str(AUTHORITY)),
        connect_timeout=10,
        autocommit=True,
    )


def _parsed(answer: dict[str, Any]) -> dict[str, str]:
    credentials: dict[str, str] = json.loads(answer["SecretString"])
    return credentials
