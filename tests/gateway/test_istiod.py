"""What a real istiod makes of our objects, beyond what requests to the gateway show.

Only collected where `PILOT_DISCOVERY` names one: see docs/contributing.md.
"""

from __future__ import annotations

import copy
import re
from typing import Any

import pytest

from tests.gateway import pilot
from tests.gateway.conftest import HOST, Keys, StartIstiod
from tests.gateway.dump import manager_of
from tests.gateway.issuers import issuer_of
from tests.gateway.istiod import ROUTES, Istiod
from tests.gateway.normal_form import deciding, normal
from tests.gateway.objects import ISSUER
from tests.gateway.rbac import Config
from tests.gateway.xds import Dump
from tests.support.waiting import eventually


@pytest.fixture(scope="session")
def gateway_dump(istiod: Istiod, gateway_objects: list[Any]) -> Dump:
    return istiod.dump(istiod.gateway(gateway_objects))


def test_what_we_know_of_it_is_what_it_does(
    gateway_objects: list[Any], gateway_dump: Dump, keys: Keys
) -> None:
    """Filter by filter, in the same order; so the tests without it say the truth."""
    ours = pilot.envoy_config(
        gateway_objects, keys=keys.by_address, port=1, admin_port=2, backend=("127.0.0.1", 3)
    )
    [listener] = normal(ours["static_resources"]["listeners"])
    our_manager = manager_of(listener)
    manager = normal(manager_of(gateway_dump.listeners["0.0.0.0_8080"]))
    routes = normal(gateway_dump.routes[ROUTES])

    our_filters = deciding(our_manager.pop("httpFilters"))
    our_routes = our_manager.pop("routeConfig")
    *_, our_route = our_routes.pop("virtualHosts")[0]["routes"]
    our_manager.pop("statPrefix")

    assert deciding(manager["httpFilters"]) == our_filters
    assert {name: manager.get(name) for name in our_manager} == our_manager
    assert {name: routes.get(name) for name in our_routes} == our_routes
    assert our_route["route"]["cluster"] == "all"


def test_keys_are_fetched_where_the_objects_say(
    istiod: Istiod, gateway_objects: list[Any], gateway_dump: Dump, keys: Keys
) -> None:
    said = {rule["jwksUri"] for rule in jwt_rules(gateway_objects)}

    assert said == keys.by_address.keys()
    assert set(istiod.issuers.asked) == said
    assert inlined(gateway_dump) == keys_by_issuer(keys)


@pytest.mark.parametrize("explicit", [True, False])
def test_only_an_explicit_address_of_keys_outlives_an_outage(
    explicit: bool, gateway_objects: list[Any], start_istiod: StartIstiod, keys: Keys
) -> None:
    """Without it istiod drops its copy when it refreshes it, and has none for the next proxy."""
    objects = copy.deepcopy(gateway_objects)
    for rule in jwt_rules(objects):
        if not explicit:
            del rule["jwksUri"]
    refreshing_every_second(objects)
    istiod = start_istiod(objects)
    gateway = istiod.gateway(objects)
    before = inlined(istiod.dump(gateway))
    asked = len(istiod.issuers.asked)
    # Four requests are a refresh without, two with an address; the last may not have ended.
    eventually(lambda: None if len(istiod.issuers.asked) > asked + 8 else "a second refresh")
    istiod.issuers.answer = False

    after = inlined(istiod.dump(gateway))

    assert before == keys_by_issuer(keys)
    assert (after[ISSUER] == before[ISSUER]) is explicit


def test_an_ingress_of_a_profile_is_not_served(istiod: Istiod, gateway_objects: list[Any]) -> None:
    assert not serves_an_ingress(istiod, gateway_objects)


def test_an_ingress_of_a_profile_would_be_served_if_it_were_not_for_the_setting(
    gateway_objects: list[Any], start_istiod: StartIstiod
) -> None:
    objects = copy.deepcopy(gateway_objects)
    for item in objects:
        if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "istio"):
            changed = re.sub(r"(?m)^ingressControllerMode:.*\n", "", item["data"]["mesh"])
            assert changed != item["data"]["mesh"]
            item["data"]["mesh"] = changed

    assert serves_an_ingress(start_istiod(objects), objects)


def test_a_route_sets_the_headers_that_its_virtual_service_names(
    istiod: Istiod, gateway_objects: list[Any]
) -> None:
    """After every filter: so nobody but the controllers may write one in a profile."""
    made = virtual_service("sets-headers", "/sets-headers/", {"kubeflow-userid": "x@example.com"})
    istiod.cluster.apply(made)

    [route] = routed(istiod, gateway_objects, "/sets-headers/")

    assert route["requestHeadersToAdd"] == [
        {
            "header": {"key": "kubeflow-userid", "value": "x@example.com"},
            "appendAction": "OVERWRITE_IF_EXISTS_OR_ADD",
        }
    ]


def jwt_rules(objects: list[Any]) -> list[dict[str, Any]]:
    """All rules of all RequestAuthentications."""
    return [
        rule
        for item in objects
        if item["kind"] == "RequestAuthentication"
        for rule in item["spec"]["jwtRules"]
    ]


def keys_by_issuer(keys: Keys) -> dict[str, str]:
    """What the gateway must have."""
    return {issuer_of(address): text for address, text in keys.by_address.items()}


def inlined(dump: Dump) -> dict[str, str]:
    """Each issuer with the keys that the gateway has for it."""
    [authentication] = [
        each["typedConfig"]
        for each in manager_of(dump.listeners["0.0.0.0_8080"])["httpFilters"]
        if each["name"] == "envoy.filters.http.jwt_authn"
    ]
    providers = authentication["providers"].values()
    return {each["issuer"]: each["localJwks"]["inlineString"] for each in providers}


def refreshing_every_second(objects: list[Any]) -> None:
    """Change istiod's own variable."""
    [deployment] = [
        item
        for item in objects
        if item["kind"] == "Deployment" and item["metadata"]["name"] == "istiod"
    ]
    [variable] = [
        each
        for each in deployment["spec"]["template"]["spec"]["containers"][0]["env"]
        if each["name"] == "PILOT_JWT_PUB_KEY_REFRESH_INTERVAL"
    ]
    variable["value"] = "1s"


def serves_an_ingress(istiod: Istiod, objects: list[Any]) -> bool:
    """Whether an editor's Ingress takes a path of the platform."""
    backend = {"service": {"name": "nb", "port": {"number": 80}}}
    path = {"path": "/taken", "pathType": "Prefix", "backend": backend}
    istiod.cluster.apply(
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "Ingress",
            "metadata": {
                "name": "takes-a-path",
                "namespace": "alice",
                "annotations": {"kubernetes.io/ingress.class": "istio"},
            },
            "spec": {"rules": [{"host": HOST, "http": {"paths": [path]}}]},
        },
    )
    # What was applied after it is there: so it would be, too.
    istiod.cluster.apply(virtual_service("after-it", "/after-it/", {}))
    assert routed(istiod, objects, "/after-it/")
    return bool(matching(istiod.dump(istiod.gateway(objects)), "/taken"))


def virtual_service(name: str, prefix: str, headers: dict[str, str]) -> dict[str, Any]:
    """A route of the platform's gateway to a notebook."""
    route = {"destination": {"host": "nb.alice.svc.cluster.local", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": name, "namespace": "alice"},
        "spec": {
            "hosts": ["*"],
            "gateways": ["kubeflow/kubeflow-gateway"],
            "http": [
                {
                    "match": [{"uri": {"prefix": prefix}}],
                    "headers": {"request": {"set": headers}},
                    "route": [route],
                }
            ],
        },
    }


def routed(istiod: Istiod, objects: list[Any], prefix: str) -> list[Config]:
    """The gateway's routes of a prefix, as soon as there are any."""
    found: list[Config] = []

    def missing() -> str | None:
        found[:] = matching(istiod.dump(istiod.gateway(objects)), prefix)
        return None if found else prefix

    eventually(missing)
    return found


def matching(dump: Dump, prefix: str) -> list[Config]:
    """The routes of a prefix."""
    return [
        route
        for host in dump.routes[ROUTES]["virtualHosts"]
        for route in host["routes"]
        if prefix in (route["match"].get("prefix"), route["match"].get("pathSeparatedPrefix"))
    ]
