"""The gateway as it is deployed, in one Envoy, and all that stands in front of it."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from tests.gateway import pilot
from tests.gateway.backend import Backend
from tests.gateway.cognito import Client, Cognito, User
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.istiod import Istiod, programs_of, running_istiod, sent_config
from tests.gateway.listener_rules import drops_invalid_headers, listener_rules
from tests.gateway.load_balancer import CALLBACK, LoadBalancer
from tests.gateway.objects import CLUSTER_ISSUER, ISSUER, resolved_objects
from tests.gateway.rbac import Config
from tests.gateway.serving import certificate, serving
from tests.gateway.tokens import RsaKey
from tests.support.assembly import Assembly

HOST = "kubeflow.platform.example.com"

USERS = {
    "alice": {"sub": "alice-sub", "email": "Alice@Example.com", "email_verified": "true"},
    "mallory": {"sub": "mallory-sub", "email": "mallory@example.com", "email_verified": "true"},
    # Somebody who wrote another's address into her account.
    "eve": {"sub": "eve-sub", "email": "alice@example.com", "email_verified": "false"},
    "carol": {
        "sub": "carol-sub",
        "email": "carol@example.com",
        "email_verified": "true",
        "identities": json.dumps([{"providerName": "Google", "userId": "1"}]),
    },
    "oscar": {
        "sub": "oscar-sub",
        "email": "oscar@elsewhere.example",
        "email_verified": "true",
        "identities": json.dumps([{"providerName": "Google", "userId": "2"}]),
    },
}
"""Users by name; the password is the name."""


StartIstiod: TypeAlias = Callable[[list[Any]], Istiod]

PROGRAMS = programs_of(os.environ)
"""A real istiod, where the environment names one: all gateways of these tests are made by it."""

collect_ignore = [] if PROGRAMS else ["test_istiod.py", "test_sidecars.py"]


@dataclass(frozen=True, kw_only=True)
class Keys:
    """Who signs: the user pool, the cluster, and people who would like to."""

    pool: RsaKey
    cluster: RsaKey
    stranger: RsaKey

    @property
    def by_address(self) -> dict[str, str]:
        """What istiod fetches: Cognito and EKS have their keys there and nowhere else."""
        return {
            f"{ISSUER}/.well-known/jwks.json": self.pool.keys,
            f"{CLUSTER_ISSUER}/keys": self.cluster.keys,
        }


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """A running gateway.

    Attributes:
        port: Where it listens.
        backend: Where everything goes that passes.
    """

    port: int
    backend: Backend


@dataclass(frozen=True, kw_only=True)
class Front:
    """What a browser sees: the load balancer before the gateway, and Cognito.

    Attributes:
        url: The platform's address.
        authority: The file of the certificate that browsers trust.
        cognito: The user pool.
        cognito_url: Its domain.
        balancer: The load balancer.
        port: Where it listens.
    """

    url: str
    authority: Path
    cognito: Cognito
    cognito_url: str
    balancer: LoadBalancer
    port: int


@pytest.fixture(
    scope="session",
    params=[
        # A part of the sources is enough for what we know of istiod, not for istiod itself.
        *([] if PROGRAMS else [pytest.param("cognito_assembly", id="sample")]),
        pytest.param("upstream_cognito_assembly", id="upstream", marks=pytest.mark.upstream),
    ],
)
def gateway_objects(request: pytest.FixtureRequest) -> list[KubernetesObject]:
    """All objects of a deployment with Cognito, as its cluster gets them, of either source."""
    assembly: Assembly = request.getfixturevalue(request.param)
    return resolved_objects(assembly)


@pytest.fixture(scope="session")
def keys() -> Keys:
    # The stranger's key has the id of the real one.
    return Keys(pool=RsaKey("pool-1"), cluster=RsaKey("cluster-1"), stranger=RsaKey("pool-1"))


@pytest.fixture(scope="session")
def client_id(gateway_objects: list[Any]) -> str:
    """The load balancer's app client."""
    [rule] = {rule.client_id for rule in listener_rules(gateway_objects) if rule.client_id}
    return rule


@pytest.fixture(scope="session")
def machine_id(gateway_objects: list[Any], client_id: str) -> str:
    """The app client of the program `ci`: the other one that the gateway knows."""
    [policy] = [
        item
        for item in gateway_objects
        if item["metadata"]["name"] == "istio-ingressgateway-require-identity"
    ]
    known: set[str] = {
        client
        for rule in policy["spec"]["rules"]
        for condition in rule.get("when", ())
        if condition["key"] == "request.auth.claims[client_id]"
        for client in condition["notValues"]
    }
    [machine] = known - {client_id}
    return machine


def gateway_config(
    objects: list[Any], keys: Mapping[str, str], folder: Path, gateway: Gateway
) -> Config:
    """The configuration of a gateway's Envoy, by the real istiod where there is one."""
    if PROGRAMS:
        return sent_config(
            objects,
            programs=PROGRAMS,
            folder=folder / "istiod",
            keys=keys,
            port=gateway.port,
            admin_port=free_port(),
            backend=gateway.backend.address,
        )
    return pilot.envoy_config(
        objects,
        keys=keys,
        port=gateway.port,
        admin_port=free_port(),
        backend=gateway.backend.address,
    )


def start_gateway(
    stack: ExitStack, objects: list[Any], keys: Keys, folder: Path, port: int | None = None
) -> Gateway:
    """Run a gateway with certain objects until the stack is closed."""
    backend = Backend()
    gateway = Gateway(port=port or free_port(), backend=backend)
    config = gateway_config(objects, keys.by_address, folder, gateway)
    stack.enter_context(running_envoy(config, folder))
    return gateway


@pytest.fixture(scope="session")
def gateway(
    gateway_objects: list[Any], keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with ExitStack() as stack:
        yield start_gateway(stack, gateway_objects, keys, tmp_path_factory.mktemp("envoy"))


@pytest.fixture(scope="session")
def front(
    gateway_objects: list[KubernetesObject],
    keys: Keys,
    client_id: str,
    machine_id: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Front]:
    """Everything from the browser's side; its gateway sends users to this Cognito for logout."""
    port, cognito_port = free_port(), free_port()
    url, cognito_url = f"https://{HOST}:{port}", f"http://127.0.0.1:{cognito_port}"
    cognito = Cognito(
        issuer=ISSUER,
        key=keys.pool,
        clients={
            client_id: Client(
                secret="of the load balancer",  # noqa: S106
                grants=frozenset({"authorization_code", "refresh_token"}),
                scopes=frozenset({"openid", "email"}),
                callbacks=(f"{url}{CALLBACK}",),
                logouts=(f"{url}/",),
            ),
            machine_id: Client(
                secret="of the program",  # noqa: S106
                grants=frozenset({"client_credentials"}),
                scopes=frozenset({"kubeflow/ci"}),
            ),
        },
        users={name: User(name, attributes) for name, attributes in USERS.items()},
    )
    with ExitStack() as stack:
        gateway = start_gateway(
            stack,
            _with_logout_at(gateway_objects, cognito_url, port),
            keys,
            tmp_path_factory.mktemp("front"),
        )
        balancer = LoadBalancer(
            host=f"{HOST}:{port}",
            rules=listener_rules(gateway_objects),
            drops_invalid_headers=drops_invalid_headers(gateway_objects),
            gateway_port=gateway.port,
            cognito=cognito,
            cognito_url=cognito_url,
        )
        tls, authority = certificate(HOST, tmp_path_factory.mktemp("tls"))
        stack.enter_context(serving(cognito.app(), cognito_port))
        stack.enter_context(serving(balancer.app(), port, tls))
        stack.enter_context(_resolving_to_this_machine())
        yield Front(
            url=url,
            authority=authority,
            cognito=cognito,
            cognito_url=cognito_url,
            balancer=balancer,
            port=port,
        )


def _with_logout_at(objects: list[KubernetesObject], cognito_url: str, port: int) -> list[Any]:
    """The objects with Cognito and the platform at ports of this machine."""
    text = json.dumps(objects)
    domain = "https://platform-example-com.auth.us-west-2.amazoncognito.com"
    assert domain in text
    found: list[Any] = json.loads(
        text.replace(domain, cognito_url).replace(f"{HOST}%2F", f"{HOST}%3A{port}%2F")
    )
    return found


@contextmanager
def _resolving_to_this_machine() -> Iterator[None]:
    """Let every client in this process find the platform's name here."""
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **options: Any) -> Any:
        return real("127.0.0.1" if host == HOST else host, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", resolve)
        yield


@pytest.fixture(scope="session")
def start_istiod(keys: Keys, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartIstiod]:
    """Start the real istiod with certain objects; it runs until the tests end."""
    assert PROGRAMS
    programs = PROGRAMS
    with ExitStack() as stack:

        def started(objects: list[Any]) -> Istiod:
            folder = tmp_path_factory.mktemp("istiod")
            return stack.enter_context(
                running_istiod(objects, programs=programs, folder=folder, keys=keys.by_address)
            )

        yield started


@pytest.fixture(scope="session")
def istiod(gateway_objects: list[Any], start_istiod: StartIstiod) -> Istiod:
    """The real istiod with the objects that we apply."""
    return start_istiod(gateway_objects)
