"""Answers requests about objects from a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.kubernetes.kinds import CRDS, Kind
from localcloud.kubernetes.objects import Key
from localcloud.kubernetes.patch import json_patch, merge_patch, strategic_merge_patch
from localcloud.kubernetes.printing import Column, columns_of, partial_metadata, table
from localcloud.kubernetes.requests import ResourceRequest
from localcloud.kubernetes.status import ApiError, bad_request, invalid
from localcloud.kubernetes.store import Store

_APPLY: Final = frozenset({"application/apply-patch+yaml", "application/apply-patch+json"})
_SUCCESS: Final = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
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
        if request.subresource not in {"", "finalize", "scale", "status"}:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        match request.method:
            case "GET":
                return 200, _get(store, kind, request)
            case "POST":
                return 201, store.create(kind, request.namespace, _object(request), request.options)
            case "PUT":
                return 200, _put(store, kind, request)
            case "PATCH":
                return _patch(store, kind, request)
            case "DELETE":
                return 200, _delete(store, kind, request)
        raise ApiError(405, "MethodNotAllowed", f"{request.method} is not supported")


def _get(store: Store, kind: Kind, request: ResourceRequest) -> Mapping[str, Any]:
    if request.subresource == "scale":
        return _scale(store.get(kind, request.namespace, request.name))
    if request.name:
        return shaped(store, kind, request, store.get(kind, request.namespace, request.name))
    items, revision = store.listed(
        kind,
        request.namespace,
        labels=request.query.get("labelSelector", ""),
        fields=request.query.get("fieldSelector", ""),
    )
    metadata = {"resourceVersion": str(revision)}
    match request.shape:
        case "Table":
            return table(_columns(store, kind), items, str(revision))
        case "PartialObjectMetadata":
            return {
                "kind": "PartialObjectMetadataList",
                "apiVersion": "meta.k8s.io/v1",
                "metadata": metadata,
                "items": [partial_metadata(item) for item in items],
            }
    return {
        "kind": f"{kind.kind}List",
        "apiVersion": kind.api_version,
        "metadata": metadata,
        "items": items,
    }


def shaped(
    store: Store, kind: Kind, request: ResourceRequest, item: Mapping[str, Any]
) -> Mapping[str, Any]:
    """An object in the shape that the client asked for."""
    match request.shape:
        case "Table":
            revision = item["metadata"]["resourceVersion"]
            return table(_columns(store, kind), [item], revision)
        case "PartialObjectMetadata":
            return partial_metadata(item)
    return item


def _columns(store: Store, kind: Kind) -> list[Column]:
    return columns_of(kind, store.objects.find(Key(*CRDS, "", kind.crd)) if kind.crd else None)


def _put(store: Store, kind: Kind, request: ResourceRequest) -> dict[str, Any]:
    item = _object(request)
    if request.subresource == "scale":
        item = _scaled(store.get(kind, request.namespace, request.name), item)
    done = store.replace(kind, request.namespace, request.name, item, request.options)
    return _scale(done) if request.subresource == "scale" else done


def _patch(store: Store, kind: Kind, request: ResourceRequest) -> tuple[int, dict[str, Any]]:
    if request.content_type in _APPLY:
        if not request.query.get("fieldManager"):
            raise invalid("PatchOptions", "meta.k8s.io", "", ["fieldManager: Required value"])
        item, is_new = store.apply(
            kind, request.namespace, request.name, _object(request), request.options
        )
        return (201 if is_new else 200), item
    live = store.get(kind, request.namespace, request.name)
    target = _scale(live) if request.subresource == "scale" else live
    match request.content_type:
        case content_type if content_type == _JSON_PATCH:
            patched = json_patch(target, request.body)
        case content_type if content_type == _MERGE:
            patched = merge_patch(target, request.body)
        case content_type if content_type == _STRATEGIC and not kind.crd:
            schema = store.schemas.of(kind)
            patched = strategic_merge_patch(target, request.body, schema, schema.root)
        case other:
            raise ApiError(415, "UnsupportedMediaType", f"{other} is not supported here")
    if request.subresource == "scale":
        patched = _scaled(live, patched)
    done = store.replace(kind, request.namespace, request.name, patched, request.options)
    return 200, _scale(done) if request.subresource == "scale" else done


def _delete(store: Store, kind: Kind, request: ResourceRequest) -> Mapping[str, Any]:
    options = dict(request.body or {})
    options |= {
        name: request.query[name]
        for name in ("propagationPolicy", "dryRun")
        if name in request.query
    }
    if request.name:
        item, is_gone = store.delete(kind, request.namespace, request.name, options)
        if not is_gone:
            return item
        details = {
            "name": request.name,
            "group": kind.group,
            "kind": kind.plural,
            "uid": item["metadata"]["uid"],
        }
        return {**_SUCCESS, "details": details}
    items, _ = store.listed(
        kind,
        request.namespace,
        labels=request.query.get("labelSelector", ""),
        fields=request.query.get("fieldSelector", ""),
    )
    for item in items:
        metadata = item["metadata"]
        store.delete(kind, metadata.get("namespace", ""), metadata["name"], options)
    return _SUCCESS


def _object(request: ResourceRequest) -> dict[str, Any]:
    if not isinstance(request.body, dict):
        raise bad_request("the body is no object")
    return request.body


def _scale(item: dict[str, Any]) -> dict[str, Any]:
    metadata = {
        key: item["metadata"][key]
        for key in ("name", "namespace", "resourceVersion", "uid", "creationTimestamp")
    }
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": metadata,
        "spec": {"replicas": item["spec"].get("replicas", 0)},
        "status": {"replicas": item.get("status", {}).get("replicas", 0)},
    }


def _scaled(item: dict[str, Any], scale: dict[str, Any]) -> dict[str, Any]:
    return {**item, "spec": {**item["spec"], "replicas": scale["spec"]["replicas"]}}
