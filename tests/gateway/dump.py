"""A proxy's configuration from istiod, made into that of one Envoy on this machine.

Changed is only what this machine cannot have: the gateway listens on loopback, everything that
passes goes to one backend, and the filters that only Istio's build of Envoy has are left out. None
of them decides about a request or changes its headers, but for `istio.metadata_exchange`, which
adds those of the proxies themselves.
"""

from __future__ import annotations

import copy
from typing import Final

from tests.gateway.envoy import address, cluster
from tests.gateway.rbac import Config
from tests.gateway.xds import Dump

ISTIOS_OWN: Final = frozenset({"istio.alpn", "istio.metadata_exchange", "istio.stats"})


def gateway_config(dump: Dump, *, port: int, admin_port: int, backend: tuple[str, int]) -> Config:
    """The gateway's configuration with another address and one backend."""
    listener = copy.deepcopy(dump.listeners["0.0.0.0_8080"])
    listener["address"] = address("127.0.0.1", port)
    manager = manager_of(listener)
    manager["routeConfig"] = dump.routes[manager.pop("rds")["routeConfigName"]]
    manager["httpFilters"] = known(manager["httpFilters"])
    # Else each request is written to the output of the tests.
    for part in (listener, manager):
        part.pop("accessLog", None)
    return {
        "admin": {"address": address("127.0.0.1", admin_port)},
        "static_resources": {
            "listeners": [listener],
            "clusters": [cluster(name, *backend) for name in dump.clusters],
        },
    }


def manager_of(listener: Config) -> Config:
    """The connection manager of a listener's only filter chain."""
    [chain] = listener["filterChains"]
    manager: Config = chain["filters"][-1]["typedConfig"]
    return manager


def known(filters: list[Config]) -> list[Config]:
    """Without those that only Istio's build of Envoy has."""
    return [each for each in filters if each["name"] not in ISTIOS_OWN]
