"""A proxy's configuration from istiod, made into that of one Envoy on this machine.

Changed is only what this machine cannot have: the gateway listens on loopback, everything that
passes goes to one backend, and the filters that only Istio's build of Envoy has are left out. None
of them decides about a request or changes its headers, but for `istio.metadata_exchange`, which
adds those of the proxies themselves.
"""

from __future__ import annotations

import copy
from pathlib import Path
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


def sidecar_config(
    dump: Dump,
    *,
    pod_port: int,
    authority: Path,
    identity: tuple[Path, Path],
    port: int,
    admin_port: int,
    backend: tuple[str, int],
) -> Config:
    """What a sidecar does with requests to one port of its pod.

    Args:
        dump: All that it gets.
        pod_port: The port of the pod.
        authority: The mesh's authority; from a file instead of from the agent.
        identity: The pod's own certificate and key, likewise.
        port: Where it listens, on this machine: without iptables, so for this port alone.
        admin_port: Where Envoy's own pages are.
        backend: Where every request goes that passes.
    """
    listener = copy.deepcopy(dump.listeners["virtualInbound"])
    listener["address"] = address("127.0.0.1", port)
    listener["listenerFilters"] = [
        {key: value for key, value in each.items() if key != "filterDisabled"}
        for each in listener["listenerFilters"]
        if each["name"] == "envoy.filters.listener.tls_inspector"
    ]
    listener["filterChains"] = [
        chain
        for chain in listener["filterChains"]
        if chain["filterChainMatch"].pop("destinationPort", None) == pod_port
    ]
    for chain in listener["filterChains"]:
        chain["filters"] = known(chain["filters"])
        manager = chain["filters"][-1]["typedConfig"]
        manager["httpFilters"] = known(manager["httpFilters"])
        manager.pop("accessLog", None)
        if "transportSocket" in chain:
            tls = chain["transportSocket"]["typedConfig"]["commonTlsContext"]
            _from_files(tls, authority, identity)
    listener.pop("accessLog", None)
    inbound = f"inbound|{pod_port}||"
    return {
        "admin": {"address": address("127.0.0.1", admin_port)},
        "static_resources": {"listeners": [listener], "clusters": [cluster(inbound, *backend)]},
    }


def _from_files(tls: Config, authority: Path, identity: tuple[Path, Path]) -> None:
    """Take what the agent gives from files; what is asked of the other side stays."""
    del tls["tlsCertificateSdsSecretConfigs"]
    chain, key = identity
    tls["tlsCertificates"] = [
        {"certificateChain": {"filename": str(chain)}, "privateKey": {"filename": str(key)}}
    ]
    asked = tls.pop("combinedValidationContext")["defaultValidationContext"]
    tls["validationContext"] = {**asked, "trustedCa": {"filename": str(authority)}}


def manager_of(listener: Config) -> Config:
    """The connection manager of a listener's only filter chain."""
    [chain] = listener["filterChains"]
    manager: Config = chain["filters"][-1]["typedConfig"]
    return manager


def known(filters: list[Config]) -> list[Config]:
    """Without those that only Istio's build of Envoy has."""
    return [each for each in filters if each["name"] not in ISTIOS_OWN]
