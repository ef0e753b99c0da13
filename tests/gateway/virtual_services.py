"""VirtualServices as Envoy's routes, in the way of istiod, as far as they say something of headers.

After istio 1.30, pilot/pkg/networking/core/route/route.go. What a route says, Envoy's router does
after all filters.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from tests.gateway.rbac import Config

_GATEWAYS: Final = {"kubeflow/kubeflow-gateway", "kubeflow-gateway"}
_ACTIONS: Final = {"set": "OVERWRITE_IF_EXISTS_OR_ADD", "add": "APPEND_IF_EXISTS_OR_ADD"}


def routes_with_headers(items: Iterable[Mapping[str, Any]], cluster: str) -> list[Config]:
    """The gateway's routes that change headers of requests; each leads to a cluster.

    Args:
        items: All objects of the cluster.
        cluster: Where every request goes.

    Raises:
        NotImplementedError: A route is found by something else than the start of its path.
    """
    return [
        {
            "match": {"prefix": _prefix(match)},
            "route": {"cluster": cluster, "timeout": "0s"},
            **_mutations(route["headers"].get("request", {})),
        }
        for item in items
        if item["kind"] == "VirtualService" and _GATEWAYS & set(item["spec"].get("gateways", ()))
        for route in item["spec"].get("http", ())
        if "headers" in route
        for match in route["match"]
    ]


def _prefix(match: Mapping[str, Any]) -> str:
    if match.keys() != {"uri"} or match["uri"].keys() != {"prefix"}:
        raise NotImplementedError(f"match {match}")
    return str(match["uri"]["prefix"])


def _mutations(request: Mapping[str, Any]) -> Config:
    # istiod passes the values on as they are: Envoy reads formats in them.
    return {
        "request_headers_to_add": [
            {"header": {"key": name, "value": value}, "append_action": action}
            for operation, action in _ACTIONS.items()
            for name, value in request.get(operation, {}).items()
        ],
        "request_headers_to_remove": list(request.get("remove", ())),
    }
