"""The OpenAPI documents that kubectl reads before it sends anything.

They say no more than that the server validates fields (``fieldValidation``), so that kubectl,
which would otherwise want schemas, leaves it to the server. This one does not: schemas are asked
of a real control plane.
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
    paths = sorted({_path(kind) for kind in kinds.all()})
    return {"paths": {path: {"serverRelativeURL": f"/openapi/v3/{path}"} for path in paths}}


def document(kinds: Kinds, path: str) -> dict[str, Any]:
    """``/openapi/v3/PATH`` for one API version."""
    operations = {
        f"/{path}/{kind.plural}": {"patch": _operation(kind)}
        for kind in kinds.all()
        if _path(kind) == path
    }
    return {"openapi": "3.0.0", "info": {"title": "localcloud"}, "paths": operations}


def _operation(kind: Kind) -> dict[str, Any]:
    return {
        "x-kubernetes-group-version-kind": {
            "group": kind.group,
            "version": kind.version,
            "kind": kind.kind,
        },
        "parameters": [{"name": "fieldValidation", "in": "query"}],
        "responses": {},
    }


def _path(kind: Kind) -> str:
    return f"apis/{kind.api_version}" if kind.group else f"api/{kind.api_version}"
