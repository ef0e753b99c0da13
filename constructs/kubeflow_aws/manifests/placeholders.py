"""Placeholders: values that overlays leave to the deployment file or to CloudFormation.

An overlay writes ``${kubeflow-aws:cluster-name}`` where the value is to stand. The value may be
a CDK token, which CloudFormation fills in when it deploys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject, key_of

_PATTERN: Final = re.compile(r"\$\{kubeflow-aws:([^}]*)\}")


class Placeholder(StrEnum):
    """Every placeholder that an overlay or a chart's values may use."""

    CLUSTER_NAME = "cluster-name"
    REGION = "region"
    VPC_ID = "vpc-id"
    DEX_STATIC_PASSWORDS = "dex-static-passwords"  # a name
    DEX_CONFIG_DIGEST = "dex-config-digest"


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
                    f"{', '.join(Placeholder)} (kubeflow_aws/manifests/placeholders.py)"
                )
            used.add(Placeholder(name))
    return used


def fill_placeholders(
    items: Iterable[KubernetesObject], values: Mapping[Placeholder, str]
) -> list[KubernetesObject]:
    """The objects with their placeholders replaced.

    Raises:
        UserError: A placeholder is unknown, has no value here, or a value is used nowhere.
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
    return [
        {name: _filled(child, values) for name, child in item.items()} if _names(item) else item
        for item in objects
    ]


def _filled(node: JsonValue, values: Mapping[Placeholder, str]) -> JsonValue:
    if isinstance(node, str):
        return _PATTERN.sub(lambda match: values[Placeholder(match[1])], node)
    if isinstance(node, list):
        return [_filled(child, values) for child in node]
    if isinstance(node, dict):
        return {name: _filled(child, values) for name, child in node.items()}
    return node


def _names(item: KubernetesObject) -> set[str]:
    return set(_PATTERN.findall(json.dumps(item)))
