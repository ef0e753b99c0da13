"""The OpenAPI documents that kubectl reads before it sends anything.

They hold no schemas: they only tell kubectl that the server validates fields itself
(``fieldValidation``), so it leaves that to the server.
"""

from __future__ import annotations

from typing import Any

from localcloud.kubernetes.kinds import Kind, Kinds


def index(kinds: Kinds) -> dict[str, Any]:
    """``/openapi/v3``."""
    versions = {kind.api_version for kind in kinds.all()}
    return {
        "paths": {
            path: {"serverRelativeURL": f"/openapi/v3/{path}"}
            for path in sorted(map(_path, versions))
        }
    }


def document(kinds: Kinds, path: str) -> dict[str, Any]:
    """``/openapi/v3/PATH`` for one API version."""
    operations: dict[str, Any] = {}
    for kind in kinds.all():
        if _path(kind.api_version) == path:
            base = f"/{path}" + ("/namespaces/{namespace}" if kind.namespaced else "")
            operations[f"{base}/{kind.plural}"] = {"post": _operation(kind, "post")}
            operations[f"{base}/{kind.plural}/{{name}}"] = {
                "patch": _operation(kind, "patch"),
                "put": _operation(kind, "put"),
            }
    return {
        "openapi": "3.0.0",
        "info": {"title": "localcloud", "version": "v0"},
        "paths": operations,
        "components": {"schemas": {}},
    }


def _operation(kind: Kind, action: str) -> dict[str, Any]:
    return {
        "x-kubernetes-action": action,
        "x-kubernetes-group-version-kind": {
            "group": kind.group,
            "version": kind.version,
            "kind": kind.kind,
        },
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in ("dryRun", "fieldManager", "fieldValidation")
        ],
        "responses": {"200": {"description": "OK"}},
    }


def _path(api_version: str) -> str:
    return f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
