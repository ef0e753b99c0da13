"""The OpenAPI documents that kubectl reads before it sends anything.

They hold no schemas: they only tell kubectl that the server validates fields itself
(``fieldValidation``), so it leaves that to the server.
"""

from __future__ import annotations

from typing import Any, Final

from localcloud.kubernetes.kinds import Kind, Kinds

V2_TYPE: Final = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf"
V2: Final = b"\n\x032.0\x12\x10\n\nlocalcloud\x12\x02v0B\x00"
"""``/openapi/v2`` with neither paths nor schemas, in the protobuf that kubectl takes alone.

kubectl reads it only for kinds that ``/openapi/v3`` does not have; without it, kubectl would not
get as far as to say that there is no such kind.
"""


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
