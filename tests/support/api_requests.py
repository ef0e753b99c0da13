"""Requests to a Kubernetes API for objects, whatever their kind."""

from __future__ import annotations

from typing import Any, Protocol

from kubeflow_aws.manifests.objects import KubernetesObject

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"


class Api(Protocol):
    """What answers requests."""

    def request(
        self, method: str, path: str, body: object = None, *, content_type: str = ...
    ) -> tuple[int, dict[str, Any]]:
        """The code and the body of an answer."""


def address_of(api: Api, item: KubernetesObject, namespace: str) -> str:
    """Where the API has an object.

    Args:
        api: The API, which knows its kinds.
        item: The object.
        namespace: Its namespace, if its kind has one.
    """
    version = str(item["apiVersion"])
    prefix = f"/apis/{version}" if "/" in version else f"/api/{version}"
    _, known = api.request("GET", prefix)
    [resource] = [
        each
        for each in known["resources"]
        if each["kind"] == item["kind"] and "/" not in each["name"]
    ]
    place = f"/namespaces/{namespace}" if resource["namespaced"] else ""
    name = item["metadata"]["name"]  # type: ignore[index,call-overload]  # every object has one
    return f"{prefix}{place}/{resource['name']}/{name}"


def apply(
    api: Api, address: str, item: KubernetesObject, *, dry_run: bool = False
) -> tuple[int, dict[str, Any]]:
    """Apply an object server-side and by force, as a deployment does."""
    query = "fieldManager=trial&force=true" + ("&dryRun=All" if dry_run else "")
    return api.request("PATCH", f"{address}?{query}", item, content_type=APPLY)
