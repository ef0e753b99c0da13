"""What a real istiod makes of our objects, beyond what requests to the gateway show.

Only collected where `PILOT_DISCOVERY` names one: see docs/contributing.md.
"""

from __future__ import annotations

import copy
import http.client
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import pytest

from tests.gateway import pilot
from tests.gateway.backend import Backend
from tests.gateway.conftest import HOST, PROGRAMS, Keys
from tests.gateway.dump import known, manager_of, sidecar_config
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.issuers import DISCOVERY, keys_of
from tests.gateway.istiod import ROUTES, Istiod, have_pod, running_istiod
from tests.gateway.objects import ISSUER
from tests.gateway.rbac import Config
from tests.gateway.workloads import Mesh
from tests.gateway.xds import Dump, Proxy
from tests.support.waiting import eventually

assert PROGRAMS

UNDECIDED = frozenset({"envoy.filters.http.grpc_stats", "envoy.filters.http.fault"})
"""Filters that count or, without a fault to inject, do nothing."""

GATEWAY = ("istio-system", "istio-ingressgateway-service-account")
CONTRIBUTOR = "ci@machines.platform.example.com"
"""Whom alice's profile names, with the role edit."""

NOTEBOOK = {"notebook-name": "nb"}

Start = Callable[[list[Any]], Istiod]


@pytest.fixture(scope="session")
def start(
    keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[list[Any]], Istiod]]:
    """Start an istiod with certain objects; it runs until the tests end."""
    assert PROGRAMS
    programs = PROGRAMS
    with ExitStack() as stack:

        def started(objects: list[Any]) -> Istiod:
            return stack.enter_context(
                running_istiod(
                    objects,
                    programs=programs,
                    folder=tmp_path_factory.mktemp("istiod"),
                    keys=keys.by_issuer,
                )
            )

        yield started


@pytest.fixture(scope="session")
def istiod(gateway_objects: list[Any], start: Start) -> Istiod:
    return start(gateway_objects)


@pytest.fixture(scope="session")
def gateway_dump(istiod: Istiod, gateway_objects: list[Any]) -> Dump:
    return istiod.dump(istiod.gateway(gateway_objects))


def test_what_we_know_of_it_is_what_it_does(
    gateway_objects: list[Any], gateway_dump: Dump, keys: Keys
) -> None:
    """Filter by filter, in the same order; so the tests without it say the truth."""
    ours = pilot.envoy_config(
        gateway_objects, keys=keys.by_issuer, port=1, admin_port=2, backend=("127.0.0.1", 3)
    )
    [listener] = normal(ours["static_resources"]["listeners"])
    our_manager = manager_of(listener)
    manager = normal(manager_of(gateway_dump.listeners["0.0.0.0_8080"]))
    routes = normal(gateway_dump.routes[ROUTES])

    our_filters = [each["typedConfig"] for each in our_manager.pop("httpFilters")]
    filters = [
        each["typedConfig"]
        for each in known(manager["httpFilters"])
        if each["name"] not in UNDECIDED
    ]
    our_routes = our_manager.pop("routeConfig")
    [our_route] = our_routes.pop("virtualHosts")[0]["routes"]
    our_manager.pop("statPrefix")

    assert list(map(without_names, filters)) == list(map(without_names, our_filters))
    assert {name: manager.get(name) for name in our_manager} == our_manager
    assert {name: routes.get(name) for name in our_routes} == our_routes
    assert our_route["route"]["cluster"] == "all"


def test_keys_are_fetched_where_the_objects_say(
    istiod: Istiod, gateway_objects: list[Any], gateway_dump: Dump, keys: Keys
) -> None:
    expected = set()
    for rule in jwt_rules(gateway_objects):
        issuer = rule["issuer"]
        expected |= (
            {rule["jwksUri"]} if "jwksUri" in rule else {issuer + DISCOVERY, keys_of(issuer)}
        )

    assert set(istiod.issuers.asked) == expected
    assert dict(inlined(gateway_dump)) == keys.by_issuer


@pytest.mark.parametrize("explicit", [True, False])
def test_only_an_explicit_address_of_keys_outlives_an_outage(
    explicit: bool, gateway_objects: list[Any], start: Start, keys: Keys
) -> None:
    """Without it istiod drops its copy when it refreshes it, and has none for the next proxy."""
    objects = copy.deepcopy(gateway_objects)
    for rule in jwt_rules(objects):
        rule.pop("jwksUri", None)
        if explicit:
            rule["jwksUri"] = keys_of(rule["issuer"])
    refreshing_every_second(objects)
    istiod = start(objects)
    gateway = istiod.gateway(objects)
    before = dict(inlined(istiod.dump(gateway)))
    asked = len(istiod.issuers.asked)
    # The refresh that begins last may not have ended.
    eventually(lambda: None if len(istiod.issuers.asked) > asked + 12 else "not refreshed twice")
    istiod.issuers.answer = False

    after = dict(inlined(istiod.dump(gateway)))

    assert before == keys.by_issuer
    assert (after[ISSUER] == before[ISSUER]) is explicit


def test_an_ingress_of_a_profile_is_not_served(istiod: Istiod, gateway_objects: list[Any]) -> None:
    assert not serves_an_ingress(istiod, gateway_objects)


def test_an_ingress_of_a_profile_would_be_served_if_it_were_not_for_the_setting(
    gateway_objects: list[Any], start: Start
) -> None:
    objects = copy.deepcopy(gateway_objects)
    for item in objects:
        if (item["kind"], item["metadata"]["name"]) == ("ConfigMap", "istio"):
            changed = re.sub(r"(?m)^ingressControllerMode:.*\n", "", item["data"]["mesh"])
            assert changed != item["data"]["mesh"]
            item["data"]["mesh"] = changed

    assert serves_an_ingress(start(objects), objects)


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


def test_policies_of_a_profile_are_asked_by_its_own_pods_and_no_others(
    istiod: Istiod, gateway_objects: list[Any]
) -> None:
    own = {
        item["metadata"]["name"]
        for item in gateway_objects
        if item["kind"] == "AuthorizationPolicy" and item["metadata"]["namespace"] == "alice"
    }
    istiod.cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "mallory"}})

    alices = allowed_by(istiod.dump(notebook(istiod, "alice", "10.1.0.2")))
    mallorys = allowed_by(istiod.dump(notebook(istiod, "mallory", "10.1.0.3")))

    # The mesh's own policy denies what none of a namespace's admits.
    assert own
    assert alices == {("istio-system", "global-deny-all"), *(("alice", name) for name in own)}
    assert mallorys == {("istio-system", "global-deny-all")}


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A notebook's sidecar, in a real Envoy.

    Attributes:
        port: Where it listens.
        mesh: Who says who somebody is.
    """

    port: int
    mesh: Mesh

    def answers(self, context: ssl.SSLContext | None, user: str | None) -> int:
        """The status for a workload, or for somebody without a certificate."""
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=20)
            if context
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        )
        with closing(connection):
            connection.request("GET", "/", headers={"kubeflow-userid": user} if user else {})
            return connection.getresponse().status


@pytest.fixture(scope="module")
def sidecar(istiod: Istiod, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sidecar]:
    port = {"name": "http-nb", "port": 80, "targetPort": 8888}
    istiod.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "nb", "namespace": "alice"},
            "spec": {"selector": NOTEBOOK, "ports": [port]},
        }
    )
    found: list[Dump] = []

    def missing() -> str | None:
        found[:] = [istiod.dump(notebook(istiod, "alice", "10.1.0.2"))]
        return None if "inbound|8888||" in found[0].clusters else "the port"

    eventually(missing)
    mesh = Mesh(tmp_path_factory.mktemp("mesh"))
    running = Sidecar(port=free_port(), mesh=mesh)
    config = sidecar_config(
        found[0],
        pod_port=8888,
        authority=mesh.authority,
        identity=mesh.identity("alice", "default-editor"),
        port=running.port,
        admin_port=free_port(),
        backend=Backend().address,
    )
    with running_envoy(config, tmp_path_factory.mktemp("sidecar")):
        yield running


@pytest.mark.parametrize(
    ("account", "user", "status"),
    [
        pytest.param(GATEWAY, CONTRIBUTOR, 200, id="a contributor through the gateway"),
        pytest.param(GATEWAY, "mallory@example.com", 403, id="somebody else through the gateway"),
        pytest.param(GATEWAY, None, 403, id="nobody through the gateway"),
        pytest.param(
            ("mallory", "default-editor"), CONTRIBUTOR, 403, id="a name from another profile"
        ),
        pytest.param(
            ("kubeflow", "katib-ui"), CONTRIBUTOR, 403, id="a name from a part of the platform"
        ),
        pytest.param(None, CONTRIBUTOR, 403, id="a name without mutual TLS"),
    ],
)
def test_a_notebook_believes_a_name_from_the_gateway_alone(
    sidecar: Sidecar, account: tuple[str, str] | None, user: str | None, status: int
) -> None:
    context = sidecar.mesh.client(*account) if account else None

    assert sidecar.answers(context, user) == status


def jwt_rules(objects: list[Any]) -> list[dict[str, Any]]:
    """All rules of all RequestAuthentications."""
    return [
        rule
        for item in objects
        if item["kind"] == "RequestAuthentication"
        for rule in item["spec"]["jwtRules"]
    ]


def inlined(dump: Dump) -> list[tuple[str, str]]:
    """Each issuer with the keys that the gateway has for it."""
    [authentication] = [
        each["typedConfig"]
        for each in manager_of(dump.listeners["0.0.0.0_8080"])["httpFilters"]
        if each["name"] == "envoy.filters.http.jwt_authn"
    ]
    providers = authentication["providers"].values()
    return [(each["issuer"], each["localJwks"]["inlineString"]) for each in providers]


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


def notebook(istiod: Istiod, namespace: str, address: str) -> Proxy:
    """The sidecar of a notebook."""
    have_pod(istiod.cluster, namespace, "nb-0", address, NOTEBOOK)
    return Proxy(
        kind="sidecar",
        pod="nb-0",
        namespace=namespace,
        address=address,
        metadata={"NAMESPACE": namespace, "LABELS": NOTEBOOK, "CLUSTER_ID": "Kubernetes"},
    )


def allowed_by(dump: Dump) -> set[tuple[str, str]]:
    """Namespace and name of each policy that may admit a request to a pod."""
    names: set[tuple[str, str]] = set()
    for chain in dump.listeners["virtualInbound"]["filterChains"]:
        for part in chain["filters"]:
            for each in part["typedConfig"].get("httpFilters", ()):
                rules = each["typedConfig"].get("rules", {})
                if each["name"] == "envoy.filters.http.rbac" and "action" not in rules:
                    found = [re.findall(r"\[([^]]+)]", name) for name in rules["policies"]]
                    names |= {(namespace, name) for namespace, name, _ in found}
    return names


def without_names(config: Config) -> Config:
    """Without the names of rules, which say where they come from, and of what is only counted."""
    rules = config.get("rules")
    if not isinstance(rules, dict):
        return config
    return {**config, "rules": {**rules, "policies": list(rules["policies"].values())}}


def normal(value: Any) -> Any:
    """A part of a configuration in one of the forms that mean the same.

    JSON of protocol buffers may leave defaults out, and has two spellings of each field. A choice
    of one, or a conjunction of one, is that one.
    """
    if isinstance(value, list):
        return [normal(each) for each in value]
    if not isinstance(value, dict):
        return value
    found = {_camel(key): normal(each) for key, each in value.items()}
    found = {key: each for key, each in found.items() if each not in _DEFAULTS}
    found.pop("shadowRulesStatPrefix", None)
    for name, parts in _OF_ONE.items():
        if found.keys() == {name} and len(found[name].get(parts, ())) == 1:
            only: Any = found[name][parts][0]
            return only
    return found


_DEFAULTS: tuple[Any, ...] = (False, "", [], "ALLOW")
_OF_ONE = {
    "andRules": "rules",
    "orRules": "rules",
    "andIds": "ids",
    "orIds": "ids",
    "requiresAny": "requirements",
}


def _camel(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(_[a-z0-9]+)+", name):
        return name
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)
