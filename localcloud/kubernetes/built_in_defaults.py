"""What Kubernetes itself fills into built-in objects, as far as others read it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any


def fill_in(item: dict[str, Any], *, address: Iterator[int]) -> None:
    """Set the defaults of a built-in object.

    Args:
        item: Changed in place.
        address: Numbers that no other Service of the cluster has.
    """
    match item["kind"]:
        case "Service":
            _service(item.setdefault("spec", {}), address)
        case "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController":
            item["spec"].setdefault("replicas", 1)
            if item["kind"] == "StatefulSet":
                item["spec"].setdefault("updateStrategy", {"type": "RollingUpdate"})
        case "DaemonSet":
            item["spec"].setdefault("updateStrategy", {"type": "RollingUpdate"})
        case "Job":
            item["spec"].setdefault("completions", 1)
            item["spec"].setdefault("parallelism", 1)
        case "Secret":
            texts = item.pop("stringData", None) or {}
            if texts:
                data = {
                    key: base64.b64encode(str(text).encode()).decode()
                    for key, text in texts.items()
                }
                item["data"] = {**(item.get("data") or {}), **data}
            item.setdefault("type", "Opaque")
        case "Namespace":
            item["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = item[
                "metadata"
            ]["name"]
            item.setdefault("spec", {}).setdefault("finalizers", ["kubernetes"])
            item.setdefault("status", {}).setdefault("phase", "Active")
        case "CustomResourceDefinition":
            names = item["spec"]["names"]
            names.setdefault("singular", names["kind"].lower())
            names.setdefault("listKind", f"{names['kind']}List")


def _service(spec: dict[str, Any], address: Iterator[int]) -> None:
    spec.setdefault("type", "ClusterIP")
    if spec["type"] != "ExternalName" and not spec.get("clusterIP"):
        high, low = divmod(next(address), 256)
        spec["clusterIP"] = f"10.100.{high}.{low}"
    for port in spec.get("ports") or []:
        port.setdefault("protocol", "TCP")
        port.setdefault("targetPort", port["port"])
