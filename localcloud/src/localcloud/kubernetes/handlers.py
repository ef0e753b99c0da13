"""Answers requests about objects from a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes.kinds import Kind
from localcloud.kubernetes.merging import json_patch, merge_patch
from localcloud.kubernetes.requests import ResourceRequest
from localcloud.kubernetes.status import ApiError, bad_request
from localcloud.kubernetes.store import Store
from localcloud.kubernetes.trees import Tree

_APPLY: Final = "application/apply-patch+yaml"
_JSON_PATCH: Final = "application/json-patch+json"
_MERGE: Final = "application/merge-patch+json"
_STRATEGIC: Final = "application/strategic-merge-patch+json"


def answer(store: Store, request: ResourceRequest) -> tuple[int, Mapping[str, Any]]:
    """The HTTP status and the body for a request that is no watch.

    Raises:
        ApiError: For a refusal.
    """
    with store.objects.changed:
        kind = store.kinds.find(request.group, request.version, request.plural)
        where = kind, request.namespace, request.name
        match request.method:
            case "GET" if request.name:
                return 200, store.get(*where)
            case "GET":
                return 200, _list(store, kind, request)
            case "POST":
                return 201, store.create(kind, request.namespace, _object(request))
            case "PUT":
                item = _object(request)
                return 200, store.replace(*where, item, subresource=request.subresource)
            case "PATCH" if request.content_type == _APPLY:
                item, is_new = store.apply(*where, _object(request))
                return (201 if is_new else 200), item
            case "PATCH":
                item = _patched(kind, store.get(*where), request)
                return 200, store.replace(*where, item, subresource=request.subresource)
            case "DELETE" if request.name:
                uid = ((request.body or {}).get("preconditions") or {}).get("uid")
                left = store.delete(*where, uid)
                return 200, left or {"kind": "Status", "apiVersion": "v1", "status": "Success"}
        raise ApiError(405, "MethodNotAllowed", f"{request.method} is not supported here")


def _list(store: Store, kind: Kind, request: ResourceRequest) -> Tree:
    items, revision = store.listed(
        kind,
        request.namespace,
        labels=request.query.get("labelSelector", ""),
        fields=request.query.get("fieldSelector", ""),
    )
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": {"resourceVersion": str(revision)},
        "items": items,
    }


def _patched(kind: Kind, live: Tree, request: ResourceRequest) -> Tree:
    content_type = request.content_type
    if content_type == _JSON_PATCH:
        return json_patch(live, request.body)
    if content_type == _MERGE or (content_type == _STRATEGIC and not kind.crd):
        patched: Tree = merge_patch(live, request.body, by_name=content_type == _STRATEGIC)
        return patched
    raise ApiError(415, "UnsupportedMediaType", f"{content_type} is not supported here")


def _object(request: ResourceRequest) -> Tree:
    body = request.body
    if not isinstance(body, dict) or not isinstance(body.get("metadata"), dict):
        raise bad_request("the body is no object with metadata")
    return body
