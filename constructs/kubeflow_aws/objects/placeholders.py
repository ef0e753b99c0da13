"""Placeholders: values that overlays leave to the deployment file or to CloudFormation.

An overlay writes ``${kubeflow-aws:cluster-name}`` where the value is to stand. The value may be
a CDK token, which CloudFormation fills in when it deploys.

A placeholder may also have any number of values. Then the nearest item of a list around it stands
once for each of them, so not at all for none; outside of any list, a field without a value is left
out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final, TypeAlias

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, key_of, mapping

_PATTERN: Final = re.compile(r"\$\{kubeflow-aws:([^}]*)\}")


class Placeholder(StrEnum):
    """Every placeholder that an overlay or a chart's values may use."""

    CLUSTER_ENDPOINT = "cluster-endpoint"
    CLUSTER_NAME = "cluster-name"
    INTERRUPTION_QUEUE = "interruption-queue"
    REGION = "region"
    VPC_ID = "vpc-id"
    DEX_STATIC_PASSWORDS = "dex-static-passwords"  # a name
    DEX_CONFIG_DIGEST = "dex-config-digest"
    PLATFORM_HOST = "platform-host"
    PLATFORM_WILDCARD = "platform-wildcard"
    COGNITO_ISSUER = "cognito-issuer"
    COGNITO_CLIENT_IDS = "cognito-client-ids"
    COGNITO_LOGOUT_URL = "cognito-logout-url"
    COGNITO_LOAD_BALANCER = "cognito-load-balancer"
    COGNITO_SESSION_SECONDS = "cognito-session-seconds"
    MACHINE_ISSUER = "machine-issuer"
    MACHINE_TOKENS = "machine-tokens"
    SERVICE_ACCOUNT_ISSUER = "service-account-issuer"
    LOAD_BALANCER_SCHEME = "load-balancer-scheme"
    LOAD_BALANCER_CLIENT_RANGES = "load-balancer-client-ranges"
    LOAD_BALANCER_RANGES = "load-balancer-ranges"
    LOAD_BALANCER_SUBNETS = "load-balancer-subnets"
    CERTIFICATE_ARN = "certificate-arn"
    WEB_ACL_ARN = "web-acl-arn"
    ACCESS_LOGS_BUCKET = "access-logs-bucket"
    ARTIFACTS_BUCKET = "artifacts-bucket"
    DATABASE_ADMIN_CREDENTIALS = "database-admin-credentials"  # an ARN
    DATABASE_AUTHORITY = "database-authority"
    DATABASE_HOST = "database-host"
    DATABASE_PORT = "database-port"
    KATIB_CREDENTIALS = "katib-credentials"  # an ARN
    PIPELINES_CREDENTIALS = "pipelines-credentials"  # an ARN
    EFS_FILE_SYSTEM = "efs-file-system"
    EFS_STORAGE_CLASS = "efs-storage-class"
    FSX_DEPLOYMENT_TYPE = "fsx-deployment-type"
    FSX_SECURITY_GROUP = "fsx-security-group"
    FSX_STORAGE_CLASS = "fsx-storage-class"
    FSX_SUBNET = "fsx-subnet"
    FSX_THROUGHPUT = "fsx-throughput"
    CULLING_ENABLED = "culling-enabled"
    CULLING_IDLE_MINUTES = "culling-idle-minutes"
    CULLING_CHECK_MINUTES = "culling-check-minutes"


Value: TypeAlias = str | tuple[str, ...]
"""What stands for a placeholder: one text, or any number of them."""


def used_placeholders(items: Iterable[KubernetesObject]) -> set[Placeholder]:
    """The placeholders in some objects.

    Raises:
        UserError: A placeholder that is not in the table; the text names the object.
    """
    used: set[Placeholder] = set()
    for item in items:
        for name in _names(item):
            if name not in set(Placeholder):
                raise UserError(
                    f"{key_of(item)}: ${{kubeflow-aws:{name}}} is no placeholder; there are "
                    f"{', '.join(Placeholder)} (kubeflow_aws/objects/placeholders.py)"
                )
            used.add(Placeholder(name))
    return used


def fill_placeholders(
    items: Iterable[KubernetesObject], values: Mapping[Placeholder, Value]
) -> list[KubernetesObject]:
    """The objects with their placeholders replaced.

    Raises:
        UserError: A placeholder is unknown, has no value here, or a value is used nowhere; or
            several values have no list to stand in.
    """
    objects = list(items)
    used = used_placeholders(objects)
    for placeholder in sorted(used - values.keys()):
        raise UserError(
            f"${{kubeflow-aws:{placeholder}}} is used by "
            f"{', '.join(str(key_of(i)) for i in objects if placeholder in _names(i))}, "
            "but this deployment gives it no value"
        )
    for placeholder in sorted(values.keys() - used):
        raise UserError(
            f"${{kubeflow-aws:{placeholder}}} has a value that no object uses; an overlay lost it, "
            "or the value is not needed any more"
        )
    return [_filled(item, values) if _names(item) else item for item in objects]


def _filled(item: KubernetesObject, values: Mapping[Placeholder, Value]) -> KubernetesObject:
    result: KubernetesObject = {}
    for name, child in item.items():
        found = _expanded(child, values, in_list=False)
        if len(found) > 1:
            raise UserError(
                f"{key_of(item)}: {name} stands outside of any list, but a placeholder in it has "
                f"{len(found)} values"
            )
        if found:
            result[name] = found[0]
    return result


def _expanded(
    node: JsonValue, values: Mapping[Placeholder, Value], *, in_list: bool
) -> list[JsonValue]:
    """What stands for a node: as many nodes as its placeholder has values."""
    if isinstance(node, str):
        return list(_texts(node, values))
    if isinstance(node, list):
        return [[each for child in node for each in _expanded(child, values, in_list=True)]]
    if isinstance(node, dict):
        results: list[JsonValue] = [{}]
        for name, child in node.items():
            found = _expanded(child, values, in_list=in_list)
            if not found and not in_list:
                continue
            results = [{**mapping(each), name: one} for each in results for one in found]
        return results
    return [node]


def _texts(text: str, values: Mapping[Placeholder, Value]) -> list[str]:
    """The text with its placeholders replaced, once for each combination of their values."""
    match = _PATTERN.search(text)
    if match is None:
        return [text]
    value = values[Placeholder(match[1])]
    rests = _texts(text[match.end() :], values)
    return [
        f"{text[: match.start()]}{each}{rest}"
        for each in ((value,) if isinstance(value, str) else value)
        for rest in rests
    ]


def _names(item: KubernetesObject) -> set[str]:
    return set(_PATTERN.findall(json.dumps(item)))
