"""A route of the gateway makes nobody somebody else, though Envoy heeds routes after all filters.

Admission refuses such routes before (tests/platform/tenants/no-forged-headers.yaml); here is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway.attacks import VICTIM, Forge
from tests.gateway.backend import send
from tests.gateway.conftest import Gateway, Keys, start_gateway

PATH = "/notebook/mallory/"

FORGED: dict[str, dict[str, Any]] = {
    "set": {"set": {"kubeflow-userid": VICTIM}},
    "set in another case": {"set": {"KubeFlow-UserID": VICTIM}},
    "added": {"add": {"kubeflow-userid": VICTIM}},
    "removed": {"remove": ["kubeflow-userid"]},
    "removed and added": {"remove": ["kubeflow-userid"], "add": {"kubeflow-userid": VICTIM}},
    "set with an underscore": {"set": {"kubeflow_userid": VICTIM}},
    "groups": {"set": {"kubeflow-groups": "admins"}},
    "groups with an underscore": {"add": {"kubeflow_groups": "admins"}},
    "taken from another header": {"set": {"kubeflow-userid": "%REQ(x-whom)%"}},
}
"""What a route says of headers, as the notebook controller writes it from an annotation."""

COPIED = {
    "the token": "x-amzn-oidc-accesstoken",
    "the data of the load balancer": "x-amzn-oidc-data",
    "the subject": "x-amzn-oidc-identity",
    "the session": "cookie",
}


def virtual_service(path: str, request: dict[str, Any]) -> dict[str, Any]:
    server = {"destination": {"host": "nb.mallory.svc.cluster.local"}}
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": path.strip("/").replace("/", "-"), "namespace": "mallory"},
        "spec": {
            "hosts": ["*"],
            "gateways": ["kubeflow/kubeflow-gateway"],
            "http": [
                {
                    "match": [{"uri": {"prefix": path}}],
                    "headers": {"request": request},
                    "route": [server],
                }
            ],
        },
    }


def path_of(name: str) -> str:
    return f"{PATH}{name.replace(' ', '-')}/"


SERVER = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "nb", "namespace": "mallory"},
    "spec": {"ports": [{"name": "http-nb", "port": 80, "targetPort": 8888}]},
}

ROUTES = [
    SERVER,
    *(virtual_service(path_of(name), said) for name, said in FORGED.items()),
    *(
        virtual_service(path_of(name), {"set": {"x-copied": f"%REQ({header})%"}})
        for name, header in COPIED.items()
    ),
    virtual_service(f"{PATH}rstudio/", {"set": {"X-RStudio-Root-Path": f"{PATH}rstudio/"}}),
]


@pytest.fixture(scope="module")
def with_routes(
    gateway_objects: list[Any], keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("routes")
        yield start_gateway(stack, [*gateway_objects, *ROUTES], keys, folder)


@pytest.fixture(scope="module")
def without_it(
    gateway_objects: list[Any], keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    left = [
        item for item in gateway_objects if item["metadata"]["name"] != "kubeflow-identity-set-last"
    ]
    assert len(left) == len(gateway_objects) - 1
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("without-it")
        yield start_gateway(stack, [*left, *ROUTES], keys, folder)


@pytest.fixture(scope="module")
def forge(keys: Keys, client_id: str, machine_id: str) -> Forge:
    return Forge(keys, client_id, machine_id)


@pytest.mark.parametrize("name", FORGED)
def test_whatever_a_route_says_a_user_stays_who_she_is(
    name: str, with_routes: Gateway, forge: Forge
) -> None:
    sent = [*forge.signed_in("mallory"), ("x-whom", VICTIM)]

    answer = send(with_routes.port, sent, path=path_of(name))

    assert answer.seen.values("kubeflow-userid") == ["mallory@example.com"]
    names = {each for each, _ in answer.seen.headers}
    assert not names & {"kubeflow-groups", "kubeflow_userid", "kubeflow_groups"}


@pytest.mark.parametrize("name", FORGED)
def test_without_what_is_set_last_a_route_makes_her_somebody_else(
    name: str, without_it: Gateway, forge: Forge
) -> None:
    sent = [*forge.signed_in("mallory"), ("x-whom", VICTIM)]

    answer = send(without_it.port, sent, path=path_of(name))

    identity = [each for each in answer.seen.headers if each[0].startswith("kubeflow")]
    assert identity != [("kubeflow-userid", "mallory@example.com")]


@pytest.mark.parametrize("name", COPIED)
def test_a_route_copies_no_secret_under_another_name(
    name: str, with_routes: Gateway, forge: Forge
) -> None:
    sent = [*forge.signed_in("alice"), ("cookie", "AWSELBAuthSessionCookie-0=abc")]

    answer = send(with_routes.port, sent, path=path_of(name))

    assert answer.seen.values("kubeflow-userid") == [VICTIM]
    assert "".join(answer.seen.values("x-copied")) in ("", "-")


def test_a_route_still_sets_what_is_not_about_people(with_routes: Gateway, forge: Forge) -> None:
    answer = send(with_routes.port, forge.signed_in("alice"), path=f"{PATH}rstudio/")

    assert answer.seen.values("x-rstudio-root-path") == [f"{PATH}rstudio/"]
    assert answer.seen.values("kubeflow-userid") == [VICTIM]
