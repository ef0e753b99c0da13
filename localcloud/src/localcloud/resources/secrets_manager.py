"""Secrets, generated or given."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from localcloud.resources.arguments import arguments, document
from localcloud.resources.provider import Properties, Request, Resource, ResourceError
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import retagging, tag_arguments, tag_list

_TEMPLATE = ("GenerateStringKey", "SecretStringTemplate")


def _value(request: Request) -> dict[str, str]:
    properties = request.properties
    if "GenerateSecretString" not in properties:
        return {name: properties[name] for name in ("SecretString",) if name in properties}
    client, wanted = request.client("secretsmanager"), properties["GenerateSecretString"]
    names = wanted.keys() - set(_TEMPLATE)
    password = client.get_random_password(**arguments(client, "GetRandomPassword", wanted, names))[
        "RandomPassword"
    ]
    if "SecretStringTemplate" not in wanted:
        return {"SecretString": password}
    template = json.loads(wanted["SecretStringTemplate"])
    return {"SecretString": json.dumps({**template, wanted["GenerateStringKey"]: password})}


def _put_value(request: Request, resource: Resource, old: Properties) -> None:
    del old
    value = _value(request)
    if value:
        request.client("secretsmanager").put_secret_value(SecretId=resource.physical_id, **value)


def _describe(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("secretsmanager")
    given = {"Description": "", **request.properties}
    client.update_secret(
        SecretId=resource.physical_id,
        **arguments(client, "UpdateSecret", given, ("Description", "KmsKeyId")),
    )


class Secret(SettingsProvider):
    """``AWS::SecretsManager::Secret``."""

    settings: ClassVar[Mapping[str, Setting]] = {
        "GenerateSecretString": _put_value,
        "SecretString": _put_value,
        "Description": _describe,
        "KmsKeyId": _describe,
        "Tags": retagging(
            lambda request, secret, tags: request.client("secretsmanager").tag_resource(
                SecretId=secret.physical_id, Tags=tag_list(tags)
            ),
            lambda request, secret, keys: request.client("secretsmanager").untag_resource(
                SecretId=secret.physical_id, TagKeys=keys
            ),
        ),
    }
    at_creation = frozenset({"Name", *settings})

    def make(self, request: Request) -> Resource:
        """Create the secret with its value."""
        client = request.client("secretsmanager")
        given = {
            "Name": request.generated_name(),
            **arguments(
                client, "CreateSecret", request.properties, ("Name", "Description", "KmsKeyId")
            ),
        }
        arn = client.create_secret(**given, **_value(request), **tag_arguments(request))["ARN"]
        return Resource(physical_id=arn, attributes={"Id": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the secret at once, as CloudFormation does."""
        with missing_is_fine():
            request.client("secretsmanager").delete_secret(
                SecretId=resource.physical_id, ForceDeleteWithoutRecovery=True
            )


def _attach(request: Request, resource: Resource, old: Properties) -> None:
    del old
    kind, target = request.properties["TargetType"], request.properties["TargetId"]
    if kind != "AWS::RDS::DBInstance":
        raise ResourceError(f"attaching a secret to {kind} is not emulated by the local cloud")
    database = request.client("rds").describe_db_instances(DBInstanceIdentifier=target)
    about = database["DBInstances"][0]
    connection = {
        "dbInstanceIdentifier": target,
        "engine": about["Engine"],
        "host": about["Endpoint"]["Address"],
        "port": about["Endpoint"]["Port"],
        **({"dbname": about["DBName"]} if about.get("DBName") else {}),
    }
    _rewrite(request, resource, connection, ())


def _rewrite(
    request: Request, secret: Resource, added: Mapping[str, Any], removed: tuple[str, ...]
) -> None:
    client, name = request.client("secretsmanager"), secret.physical_id
    value = json.loads(client.get_secret_value(SecretId=name)["SecretString"])
    kept = {key: item for key, item in value.items() if key not in removed}
    client.put_secret_value(SecretId=name, SecretString=json.dumps({**kept, **added}))


class SecretTargetAttachment(SettingsProvider):
    """``AWS::SecretsManager::SecretTargetAttachment`` to a database instance."""

    at_creation = frozenset({"SecretId"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(("TargetId", "TargetType"), _attach)

    def make(self, request: Request) -> Resource:
        """Name the attachment by its secret."""
        name = request.properties["SecretId"]
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Take the connection out of the secret."""
        keys = ("dbInstanceIdentifier", "engine", "host", "port", "dbname")
        with missing_is_fine():
            _rewrite(request, resource, {}, keys)


def _put_policy(request: Request, resource: Resource, old: Properties) -> None:
    del old
    request.client("secretsmanager").put_resource_policy(
        SecretId=resource.physical_id,
        ResourcePolicy=document(request.properties["ResourcePolicy"]),
    )


class ResourcePolicy(SettingsProvider):
    """``AWS::SecretsManager::ResourcePolicy``."""

    at_creation = frozenset({"SecretId"})
    settings: ClassVar[Mapping[str, Setting]] = {"ResourcePolicy": _put_policy}
    recorded = frozenset({"BlockPublicPolicy"})

    def make(self, request: Request) -> Resource:
        """Name the policy by its secret; it is there once it is put."""
        name = request.properties["SecretId"]
        return Resource(physical_id=name, attributes={"Id": name})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the policy."""
        with missing_is_fine():
            request.client("secretsmanager").delete_resource_policy(SecretId=resource.physical_id)
