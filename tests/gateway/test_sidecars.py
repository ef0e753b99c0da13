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
from tests.gateway.workloads import Mesh
from tests.gateway.xds import Dump, Proxy
from tests.support.waiting import eventually

GATEWAY = ("istio-system", "istio-ingressgateway-service-account")
CONTRIBUTOR = "ci@machines.platform.example.com"
"""Whom alice's profile names, with the role edit."""

NOTEBOOK = {"notebook-name": "nb"}


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
