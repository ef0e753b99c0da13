"""What istiod sends to one proxy, as its debug interface shows it.

An Envoy asks for it, by the same protocol as in the cluster. It need not accept what it gets:
Istio's own filters are not in it.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.gateway.envoy import address, cluster, free_port, running_envoy
from tests.gateway.rbac import Config

_WAIT_SECONDS: Final = 30
_MANAGER: Final = "envoy.extensions.filters.network.http_connection_manager.v3"
_ROUTER: Final = "envoy.extensions.filters.http.router.v3.Router"
_OPTIONS: Final = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A proxy of the mesh.

    Attributes:
        kind: ``router`` or ``sidecar``.
        pod: Its name.
        namespace: Of the pod.
        address: Of the pod.
        metadata: What its agent says of it.
        routes: Names of the route configurations that it asks for.
    """

    kind: str
    pod: str
    namespace: str
    address: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    routes: Sequence[str] = ()

    @property
    def id(self) -> str:
        """How istiod knows it (pilot/pkg/model, ParseServiceNodeWithMetadata)."""
        return (
            f"{self.kind}~{self.address}~{self.pod}.{self.namespace}"
            f"~{self.namespace}.svc.cluster.local"
        )


@dataclass(frozen=True, kw_only=True)
class Dump:
    """What a proxy gets.

    Attributes:
        listeners: By name.
        routes: Route configurations by name.
        clusters: Their names.
    """

    listeners: Mapping[str, Config]
    routes: Mapping[str, Config]
    clusters: Sequence[str]


def config_dump(proxy: Proxy, *, xds_port: int, debug_port: int, folder: Path) -> Dump:
    """Ask istiod for all of a proxy's configuration.

    Raises:
        TimeoutError: It has not all that the proxy asks for.
    """
    url = f"http://127.0.0.1:{debug_port}/debug/config_dump?proxyID={proxy.pod}.{proxy.namespace}"
    with running_envoy(_asking(proxy, xds_port), folder):
        end = time.monotonic() + _WAIT_SECONDS
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(url, timeout=_WAIT_SECONDS) as answer:
                    dump = _dump(json.load(answer))
            except urllib.error.HTTPError:
                # It is not connected yet.
                pass
            else:
                if dump.listeners and dump.routes.keys() >= set(proxy.routes):
                    return dump
            time.sleep(0.1)
    raise TimeoutError(f"istiod has not all of {proxy.id}")


def _dump(content: Mapping[str, Any]) -> Dump:
    parts = content["configs"]
    listeners = [each["activeState"] for part in parts for each in part.get("dynamicListeners", ())]
    routes = [each for part in parts for each in part.get("dynamicRouteConfigs", ())]
    clusters = [each for part in parts for each in part.get("dynamicActiveClusters", ())]
    return Dump(
        listeners=dict(_named(each["listener"]) for each in listeners),
        routes=dict(_named(each["routeConfig"]) for each in routes),
        clusters=[each["cluster"]["name"] for each in clusters],
    )


def _named(content: Config) -> tuple[str, Config]:
    """Its name and itself, without the type that only a message of any type has."""
    return content["name"], {key: value for key, value in content.items() if key != "@type"}


def _asking(proxy: Proxy, xds_port: int) -> Config:
    """An Envoy that asks as a proxy; by a listener of its own for the routes."""
    ads = {"ads": {}, "resource_api_version": "V3"}
    service = {"envoy_grpc": {"cluster_name": "istiod"}}
    return {
        "node": {
            "id": proxy.id,
            "cluster": f"{proxy.pod}.{proxy.namespace}",
            "metadata": dict(proxy.metadata),
        },
        "admin": {"address": address("127.0.0.1", free_port())},
        "dynamic_resources": {
            "cds_config": ads,
            "lds_config": ads,
            "ads_config": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "grpc_services": [service],
            },
        },
        "static_resources": {
            "clusters": [
                {
                    **cluster("istiod", "127.0.0.1", xds_port),
                    "typed_extension_protocol_options": {
                        _OPTIONS: {
                            "@type": f"type.googleapis.com/{_OPTIONS}",
                            "explicit_http_config": {"http2_protocol_options": {}},
                        }
                    },
                }
            ],
            "listeners": [_asking_for(name, ads) for name in proxy.routes],
        },
    }


def _asking_for(route: str, ads: Config) -> Config:
    manager = {
        "@type": f"type.googleapis.com/{_MANAGER}.HttpConnectionManager",
        "stat_prefix": route,
        "rds": {"route_config_name": route, "config_source": ads},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"type.googleapis.com/{_ROUTER}"},
            }
        ],
    }
    name = "envoy.filters.network.http_connection_manager"
    return {
        "name": f"of {route}",
        "address": address("127.0.0.1", free_port()),
        "filter_chains": [{"filters": [{"name": name, "typed_config": manager}]}],
    }
