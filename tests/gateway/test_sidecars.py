"""What a real istiod has the sidecars of a profile ask.

Only collected where `PILOT_DISCOVERY` names one: see docs/contributing.md.
"""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from tests.gateway.backend import Backend
from tests.gateway.dump import sidecar_config
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.istiod import Istiod, have_pod
from tests.gateway.mesh import Authority
from tests.gateway.normal_form import deciding, normal
from tests.gateway.rbac import Config, rbac_filters
from tests.gateway.xds import Dump, Proxy
from tests.support.waiting import eventually

GATEWAY = "cluster.local/ns/istio-system/sa/istio-ingressgateway-service-account"
CONTRIBUTOR = "ci@machines.platform.example.com"
"""Whom alice's profile names, with the role edit."""

NOTEBOOK = {"notebook-name": "nb"}


@dataclass(frozen=True, kw_only=True)
class Sidecar:
    """A notebook's sidecar, in a real Envoy.

    Attributes:
        port: Where it listens.
        authority: Who says who somebody is.
    """

    port: int
    authority: Authority

    def answers(self, principal: str | None, user: str | None) -> int:
        """The status for a workload, or for somebody without a certificate."""
        if principal:
            context = ssl.create_default_context(cafile=str(self.authority.file))
            context.check_hostname = False
            context.load_cert_chain(*self.authority.identity(principal))
            # By it a sidecar tells mutual TLS of the mesh from TLS of the server itself.
            context.set_alpn_protocols(["istio"])
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                "127.0.0.1", self.port, context=context, timeout=20
            )
        else:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
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
    authority = Authority(tmp_path_factory.mktemp("authority"))
    running = Sidecar(port=free_port(), authority=authority)
    config = sidecar_config(
        found[0],
        pod_port=8888,
        authority=authority.file,
        identity=authority.identity("cluster.local/ns/alice/sa/default-editor"),
        port=running.port,
        admin_port=free_port(),
        backend=Backend().address,
    )
    with running_envoy(config, tmp_path_factory.mktemp("sidecar")):
        yield running


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


def test_what_we_know_of_policies_is_what_it_does(
    istiod: Istiod, gateway_objects: list[Any]
) -> None:
    policies = [
        item
        for namespace in ("alice", "istio-system")
        for item in sorted(gateway_objects, key=lambda item: str(item["metadata"]["name"]))
        if item["kind"] == "AuthorizationPolicy"
        and item["metadata"].get("namespace") == namespace
        and "selector" not in item["spec"]
    ]
    dump = istiod.dump(notebook(istiod, "alice", "10.1.0.2"))
    [filters] = [
        [each for each in found if each["name"] == "envoy.filters.http.rbac"]
        for found in http_filters(dump)[:1]
    ]

    assert len(policies) > 2
    assert deciding(normal(filters)) == deciding(normal(rbac_filters(policies)))


@pytest.mark.parametrize(
    ("principal", "user", "status"),
    [
        pytest.param(GATEWAY, CONTRIBUTOR, 200, id="a contributor through the gateway"),
        pytest.param(GATEWAY, "mallory@example.com", 403, id="somebody else through the gateway"),
        pytest.param(GATEWAY, None, 403, id="nobody through the gateway"),
        pytest.param(
            "cluster.local/ns/mallory/sa/default-editor",
            CONTRIBUTOR,
            403,
            id="a name from another profile",
        ),
        pytest.param(
            "cluster.local/ns/kubeflow/sa/katib-ui",
            CONTRIBUTOR,
            403,
            id="a name from a part of the platform",
        ),
        pytest.param(None, CONTRIBUTOR, 403, id="a name without mutual TLS"),
    ],
)
def test_a_notebook_believes_a_name_from_the_gateway_alone(
    sidecar: Sidecar, principal: str | None, user: str | None, status: int
) -> None:
    assert sidecar.answers(principal, user) == status


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


def http_filters(dump: Dump) -> list[list[Config]]:
    """The filters of each way into a pod that understands HTTP."""
    return [
        part["typedConfig"]["httpFilters"]
        for chain in dump.listeners["virtualInbound"]["filterChains"]
        for part in chain["filters"]
        if "httpFilters" in part["typedConfig"]
    ]


def allowed_by(dump: Dump) -> set[tuple[str, str]]:
    """Namespace and name of each policy that may admit a request to a pod."""
    names: set[tuple[str, str]] = set()
    for found in http_filters(dump):
        for each in found:
            rules = each["typedConfig"].get("rules", {})
            if each["name"] == "envoy.filters.http.rbac" and "action" not in rules:
                parts = [re.findall(r"\[([^]]+)]", name) for name in rules["policies"]]
                names |= {(namespace, name) for namespace, name, _ in parts}
    return names
