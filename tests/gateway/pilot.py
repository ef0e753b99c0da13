"""A small istiod: the objects of the ingress gateway as the configuration of one Envoy.

After istio 1.29 (pilot/pkg/security/authn/policy_applier.go, pilot/pkg/networking/core): the order
of the filters, how tokens are required, how EnvoyFilters change what is there. All routes lead to
one backend; what they say of headers they do. What is not covered raises, so that no policy is left
out in silence.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tests.gateway.rbac import Config, rbac_filters
from tests.gateway.virtual_services import routes_with_headers

GATEWAY: Final = {"app": "istio-ingressgateway", "istio": "ingressgateway"}
_TYPES: Final = "type.googleapis.com/envoy.extensions.filters"
_ROUTER: Final = "envoy.filters.http.router"

Objects = Iterable[Mapping[str, Any]]


def envoy_config(
    objects: Objects,
    *,
    keys: Mapping[str, str],
    port: int,
    admin_port: int,
    backend: tuple[str, int],
) -> Config:
    """Configuration of the gateway's Envoy.

    Args:
        objects: All objects of the cluster.
        keys: JSON Web Key Set of each issuer, which istiod fetches and writes into Envoy.
        port: Where the gateway listens, on this machine.
        admin_port: Where Envoy's own pages are.
        backend: Where every request goes that passes.

    Raises:
        NotImplementedError: An object asks for something that is not covered here.
    """
    items = list(objects)
    filters = [
        *_jwt_filters(_of_gateway(items, "RequestAuthentication"), keys),
        *rbac_filters(_of_gateway(items, "AuthorizationPolicy")),
        {
            "name": "envoy.filters.http.cors",
            "typed_config": {"@type": f"{_TYPES}.http.cors.v3.Cors"},
        },
        {
            "name": _ROUTER,
            "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"},
        },
    ]
    routes: Config = {
        "virtual_hosts": [
            {
                "name": "all",
                "domains": ["*"],
                "routes": [
                    *routes_with_headers(items, "all"),
                    {"match": {"prefix": "/"}, "route": {"cluster": "all", "timeout": "0s"}},
                ],
            }
        ]
    }
    envoy_filters = _of_gateway(items, "EnvoyFilter")
    for item in sorted(envoy_filters, key=lambda each: each["spec"].get("priority", 0)):
        _apply_envoy_filter(item, filters, routes)
    return {
        "admin": {"address": _address("127.0.0.1", admin_port)},
        "static_resources": {
            "listeners": [_listener(port, filters, routes, _trusted_proxies(items))],
            "clusters": [_cluster(*backend)],
        },
    }


def _of_gateway(items: Objects, kind: str) -> list[Mapping[str, Any]]:
    """The objects of a kind that select the gateway; without a selector they select every pod."""
    found = []
    for item in items:
        if item["kind"] != kind or item["metadata"]["namespace"] != "istio-system":
            continue
        spec = item["spec"]
        selector = spec.get("selector", {}).get("matchLabels") or spec.get(
            "workloadSelector", {}
        ).get("labels", {})
        if selector.items() <= GATEWAY.items():
            found.append(item)
    return found


def _jwt_filters(authentications: Objects, keys: Mapping[str, str]) -> list[Config]:
    rules = [rule for each in authentications for rule in each["spec"].get("jwtRules", ())]
    if not rules:
        return []
    providers = {f"origins-{number}": _provider(rule, keys) for number, rule in enumerate(rules)}
    optional = [
        {"requires_any": {"requirements": [{"provider_name": name}, {"allow_missing": {}}]}}
        for name in providers
    ]
    # The first valid token wins; without any, none may be wrong.
    requirement = (
        optional[0]
        if len(optional) == 1
        else {
            "requires_any": {
                "requirements": [
                    *({"provider_name": name} for name in providers),
                    {"requires_all": {"requirements": optional}},
                ]
            }
        }
    )
    return [
        {
            "name": "envoy.filters.http.jwt_authn",
            "typed_config": {
                "@type": f"{_TYPES}.http.jwt_authn.v3.JwtAuthentication",
                "bypass_cors_preflight": True,
                "providers": providers,
                "rules": [{"match": {"prefix": "/"}, "requires": requirement}],
            },
        }
    ]


def _provider(rule: Mapping[str, Any], keys: Mapping[str, str]) -> Config:
    known = {
        "audiences",
        "forwardOriginalToken",
        "fromHeaders",
        "issuer",
        "jwksUri",
        "outputClaimToHeaders",
    }
    if unknown := rule.keys() - known:
        raise NotImplementedError(f"jwtRules: {unknown}")
    provider: Config = {
        "issuer": rule["issuer"],
        "forward": rule.get("forwardOriginalToken", False),
        "payload_in_metadata": "payload",
        "normalize_payload_in_metadata": {"space_delimited_claims": ["permission", "scope"]},
        "local_jwks": {"inline_string": keys[rule["issuer"]]},
        "from_headers": [
            {"name": header["name"], "value_prefix": header.get("prefix", "")}
            for header in rule["fromHeaders"]
        ],
        "claim_to_headers": [
            {"header_name": each["header"], "claim_name": each["claim"]}
            for each in rule["outputClaimToHeaders"]
        ],
    }
    if "audiences" in rule:
        provider["audiences"] = rule["audiences"]
    return provider


def _apply_envoy_filter(item: Mapping[str, Any], filters: list[Config], routes: Config) -> None:
    for patch in item["spec"]["configPatches"]:
        if patch["match"]["context"] != "GATEWAY":
            raise NotImplementedError(f"context {patch['match']['context']}")
        value = copy.deepcopy(patch["patch"]["value"])
        match patch["applyTo"], patch["patch"]["operation"]:
            case "HTTP_FILTER", "INSERT_FIRST":
                filters.insert(0, value)
            case "HTTP_FILTER", "INSERT_BEFORE" if _before(patch) == _ROUTER:
                filters.insert(len(filters) - 1, value)
            case "ROUTE_CONFIGURATION", "MERGE" if all(isinstance(v, list) for v in value.values()):
                # As protocol buffers are merged: lists are appended.
                for name, more in value.items():
                    routes[name] = [*routes.get(name, ()), *more]
            case what:
                raise NotImplementedError(f"EnvoyFilter: {what}")


def _before(patch: Mapping[str, Any]) -> str:
    """The filter that another one is put before."""
    chain = patch["match"]["listener"]["filterChain"]["filter"]
    return str(chain.get("subFilter", {}).get("name", ""))


def _trusted_proxies(items: Objects) -> int:
    [gateway] = [
        item
        for item in items
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "istio-ingressgateway"
    ]
    annotations = gateway["spec"]["template"]["metadata"].get("annotations", {})
    config = json.loads(annotations.get("proxy.istio.io/config", "{}"))
    return int(config.get("gatewayTopology", {}).get("numTrustedProxies", 0))


def _listener(port: int, filters: list[Config], routes: Config, trusted_proxies: int) -> Config:
    manager = {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "ingress",
        "use_remote_address": True,
        "xff_num_trusted_hops": trusted_proxies,
        "forward_client_cert_details": "SANITIZE_SET",
        "normalize_path": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "stream_idle_timeout": "0s",
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "route_config": {"name": "http.8080", **routes},
        "http_filters": filters,
    }
    name = "envoy.filters.network.http_connection_manager"
    return {
        "name": "0.0.0.0_8080",
        "address": _address("127.0.0.1", port),
        "filter_chains": [{"filters": [{"name": name, "typed_config": manager}]}],
    }


def _cluster(host: str, port: int) -> Config:
    endpoint = {"endpoint": {"address": _address(host, port)}}
    return {
        "name": "all",
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": "all", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(host: str, port: int) -> Config:
    return {"socket_address": {"address": host, "port_value": port}}
