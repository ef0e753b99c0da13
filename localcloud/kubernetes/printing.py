"""Tables for ``kubectl get``: columns of built-in kinds, and those that CRDs name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.trees import Tree

_STEP: Final = re.compile(r"""\.([\w-]+)|\['?((?:[^\]'\\]|\\.)+)'?\]""")
_FILTER: Final = re.compile(r"""\?\(@\.([\w.-]+)\s*==\s*["']([^"']*)["']\)""")
_NOTHING: Final = "<none>"


class Column(NamedTuple):
    """A column of a table.

    Attributes:
        name: Its heading.
        text: What it shows, with JSON paths in braces.
        wide: Whether only ``-o wide`` shows it.
    """

    name: str
    text: str
    wide: bool = False


_AGE: Final = Column("Age", "{.metadata.creationTimestamp}")
_BUILT_IN: Final[Mapping[tuple[str, str], tuple[Column, ...]]] = {
    ("", "configmaps"): (),
    ("", "namespaces"): (Column("Status", "{.status.phase}"),),
    ("", "persistentvolumeclaims"): (
        Column("Status", "{.status.phase}"),
        Column("Capacity", "{.spec.resources.requests.storage}"),
        Column("Access Modes", "{.spec.accessModes[0]}"),
        Column("StorageClass", "{.spec.storageClassName}"),
    ),
    ("", "secrets"): (Column("Type", "{.type}"),),
    ("", "services"): (
        Column("Type", "{.spec.type}"),
        Column("Cluster-IP", "{.spec.clusterIP}"),
        Column("External-IP", "{.status.loadBalancer.ingress[0].hostname}"),
        Column("Port(s)", "{.spec.ports[0].port}/{.spec.ports[0].protocol}"),
    ),
    ("apps", "daemonsets"): (
        Column("Desired", "{.status.desiredNumberScheduled#}"),
        Column("Ready", "{.status.numberReady#}"),
        Column("Available", "{.status.numberAvailable#}"),
    ),
    ("apps", "deployments"): (
        Column("Ready", "{.status.readyReplicas#}/{.spec.replicas#}"),
        Column("Up-to-date", "{.status.updatedReplicas#}"),
        Column("Available", "{.status.availableReplicas#}"),
    ),
    ("apps", "replicasets"): (
        Column("Desired", "{.spec.replicas#}"),
        Column("Ready", "{.status.readyReplicas#}"),
    ),
    ("apps", "statefulsets"): (Column("Ready", "{.status.readyReplicas#}/{.spec.replicas#}"),),
    ("batch", "jobs"): (
        Column("Status", "{.status.conditions[-1].type}"),
        Column("Completions", "{.status.succeeded#}/{.spec.completions#}"),
    ),
    ("networking.k8s.io", "ingresses"): (
        Column("Class", "{.spec.ingressClassName}"),
        Column("Hosts", "{.spec.rules[0].host}"),
        Column("Address", "{.status.loadBalancer.ingress[0].hostname}"),
    ),
}


def columns_of(kind: Kind, crd: Mapping[str, Any] | None) -> list[Column]:
    """The columns of a kind after its name; ``crd`` is what defines it, if it is not built in."""
    if crd is None:
        return [*_BUILT_IN.get(kind.key, ()), _AGE]
    for version in crd["spec"]["versions"]:
        if version["name"] == kind.version and version.get("additionalPrinterColumns"):
            return [
                Column(entry["name"], f"{{{entry['jsonPath']}}}", entry.get("priority", 0) > 0)
                for entry in version["additionalPrinterColumns"]
            ]
    return [_AGE]


def table(columns: Sequence[Column], items: Sequence[Mapping[str, Any]], revision: str) -> Tree:
    """A ``Table`` of objects."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": {"resourceVersion": revision},
        "columnDefinitions": [
            {"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0},
            *(
                {
                    "name": column.name,
                    "type": "string",
                    "format": "",
                    "description": "",
                    "priority": int(column.wide),
                }
                for column in columns
            ),
        ],
        "rows": [
            {
                "cells": [
                    item["metadata"]["name"],
                    *(_shown(column.text, item) for column in columns),
                ],
                "object": partial_metadata(item),
            }
            for item in items
        ],
    }


def partial_metadata(item: Mapping[str, Any]) -> Tree:
    """The ``PartialObjectMetadata`` of an object."""
    return {
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": item["metadata"],
    }


def _shown(text: str, item: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        path = match[1]
        found = _found(item, path.removesuffix("#"))
        if found is None:
            # A number that no controller has set yet.
            return "0" if path.endswith("#") else _NOTHING
        if path.endswith("Timestamp"):
            return _age(str(found))
        return found if isinstance(found, str) else json.dumps(found)

    return re.sub(r"\{([^{}]+)\}", value, text)


def _found(tree: Any, path: str) -> Any:
    for name, index in _STEP.findall(path):
        condition = _FILTER.fullmatch(index)
        if name or not isinstance(tree, list):
            key = (name or index).replace("\\.", ".")
            tree = tree.get(key) if isinstance(tree, Mapping) else None
        elif condition:
            field, wanted = condition[1], condition[2]
            tree = next((entry for entry in tree if str(entry.get(field)) == wanted), None)
        else:
            places = range(-len(tree), len(tree))
            tree = (
                tree[int(index)] if re.fullmatch(r"-?\d+", index) and int(index) in places else None
            )
        if tree is None:
            return None
    return tree


def _age(timestamp: str) -> str:
    try:
        since = datetime.now(UTC) - datetime.fromisoformat(timestamp)
    except (TypeError, ValueError):
        return "<unknown>"
    seconds = max(int(since.total_seconds()), 0)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
