"""There are three defences, and each is needed: without it, some attack succeeds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.gateway.attacks import ATTACKS, Attack, Forge
from tests.gateway.backend import Answer, send
from tests.gateway.conftest import Gateway, Keys, start_gateway

DEFENCES = {
    "the verified token": ("RequestAuthentication", "cognito"),
    "the required identity": ("AuthorizationPolicy", "istio-ingressgateway-require-identity"),
    "the edge filter": ("EnvoyFilter", "kubeflow-edge"),
}


@pytest.fixture(scope="module", params=DEFENCES.values(), ids=list(DEFENCES))
def without_one(
    request: pytest.FixtureRequest,
    gateway_objects: list[Any],
    keys: Keys,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[str, Gateway]]:
    kind, name = request.param
    left = [
        item for item in gateway_objects if (item["kind"], item["metadata"]["name"]) != (kind, name)
    ]
    assert len(left) == len(gateway_objects) - 1
    with ExitStack() as stack:
        yield kind, start_gateway(stack, left, keys, tmp_path_factory.mktemp("without"))


def succeeded(answer: Answer, attack: Attack) -> bool:
    """Whether a workload saw what no workload may see."""
    if answer.status != 200:
        return False
    found = answer.seen
    users = found.values("kubeflow-userid")
    leaked = any(
        name.startswith(("x-amzn-oidc-", "kubeflow-groups", "kubeflow_"))
        for name, _ in found.headers
    )
    return leaked or users != [attack.outcome]


def test_without_one_defence_an_attack_succeeds(
    without_one: tuple[str, Gateway], keys: Keys, client_id: str, machine_id: str
) -> None:
    kind, gateway = without_one
    forge = Forge(keys, client_id, machine_id)
    found = {
        name
        for name, attack in ATTACKS.items()
        if succeeded(
            send(gateway.port, attack.headers(forge), method=attack.method, path=attack.path),
            attack,
        )
    }

    match kind:
        case "RequestAuthentication":
            # Nobody has an identity any more: the policy refuses everybody.
            alice = send(gateway.port, forge.signed_in("alice"))
            assert alice.status == 403
        case "AuthorizationPolicy":
            assert {"nothing at all", "an ID token", "a token of another app client"} <= found
            assert "an address that is not verified" in found
        case "EnvoyFilter":
            assert "an identity with an underscore" in found
