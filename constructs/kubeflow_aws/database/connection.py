"""What the platform needs to know of the metadata database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Application(StrEnum):
    """Who has credentials of its own; also the first part of its users' names."""

    PIPELINES = "pipelines"
    KATIB = "katib"


def secret_name(deployment: str, application: Application) -> str:
    """What the secret with an application's credentials is called.

    Args:
        deployment: The deployment's name.
        application: Whose they are.
    """
    return f"{deployment}/database/{application}"


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseConnection:
    """A database as its clients see it. Values may be tokens.

    Attributes:
        instance_name: Its name in RDS.
        host: Its name in DNS.
        port: Its TCP port.
        security_group_id: Its security group, which admits nobody yet but the rotation.
        admin_secret_arn: Credentials of the master user; RDS itself rotates them.
        rotation_function_name: What gives the applications new credentials.
        audit_log_name: Log group of who connected, and who was turned away.
        secret_arns: Credentials of each application: JSON with username and password.
        key_arn: Key of all these secrets.
    """

    instance_name: str
    host: str
    port: int
    security_group_id: str
    admin_secret_arn: str
    rotation_function_name: str
    audit_log_name: str
    secret_arns: Mapping[Application, str]
    key_arn: str
