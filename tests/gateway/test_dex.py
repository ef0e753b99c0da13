"""With Dex, too, the gateway proves who somebody is, and no route makes her somebody else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway.attacks import VICTIM
from tests.gateway.backend import Backend, send
from tests.gateway.conftest import PROGRAMS, Gateway, gateway_config
from tests.gateway.envoy import free_port, running_envoy
from tests.gateway.objects import resolved_objects
from tests.gateway.test_routes import FORGED, ROUTES, path_of
from tests.gateway.tokens import RsaKey
from tests.support.assembly import Assembly

ISSUER = "http://dex.auth.svc.cluster.local:5556/dex"
DEX = RsaKey("dex-1")


@pytest.fixture(
    scope="module",
    params=[
        *([] if PROGRAMS else [pytest.param("sample_assembly", id="sample")]),
        pytest.param("upstream_assembly", id="upstream", marks=pytest.mark.upstream),
    ],
)
def gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """The gateway behind oauth2-proxy, which has already put a token into the request."""
    assembly: Assembly = request.getfixturevalue(request.param)
    objects: list[Any] = [
        item
        for item in map(dict[str, Any], resolved_objects(assembly))
        if item["kind"] != "AuthorizationPolicy" or item["spec"].get("action") != "CUSTOM"
    ]
    found = Gateway(port=free_port(), backend=Backend())
    folder = tmp_path_factory.mktemp("dex")
    config = gateway_config([*objects, *ROUTES], {f"{ISSUER}/keys": DEX.keys}, folder, found)
    with ExitStack() as stack:
        stack.enter_context(running_envoy(config, folder))
        yield found


def signed_in(name: str) -> list[tuple[str, str]]:
    """What oauth2-proxy adds for a user."""
    now = int(time.time())
    email = f"{name}@example.com"
    claims = {"iss": ISSUER, "sub": name, "aud": "kubeflow", "iat": now, "exp": now + 600}
    token = DEX.sign({**claims, "email": email, "groups": ["research"]})
    return [("authorization", f"Bearer {token}"), ("x-whom", VICTIM)]


@pytest.mark.parametrize("name", FORGED)
def test_whatever_a_route_says_a_user_stays_who_she_is(name: str, gateway: Gateway) -> None:
    honest = send(gateway.port, signed_in("mallory"))

    answer = send(gateway.port, signed_in("mallory"), path=path_of(name))

    assert answer.seen.values("kubeflow-userid") == ["mallory@example.com"]
    assert answer.seen.values("kubeflow-groups") == honest.seen.values("kubeflow-groups")
    assert not {each for each, _ in answer.seen.headers if each.startswith("kubeflow_")}


def test_the_groups_of_a_token_reach_workloads(gateway: Gateway) -> None:
    answer = send(gateway.port, signed_in("alice"))

    [groups] = answer.seen.values("kubeflow-groups")
    assert groups
