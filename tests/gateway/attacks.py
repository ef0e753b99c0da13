"""Every way that is known to be somebody else at the gateway, and what a good gateway answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from tests.gateway.backend import Headers
from tests.gateway.conftest import Keys
from tests.gateway.objects import CLUSTER_ISSUER, ISSUER
from tests.gateway.tokens import (
    MACHINES,
    Claims,
    LoadBalancerKey,
    access_claims,
    machine_claims,
    unsigned,
    user_claims,
)

TOKEN: Final = "x-amzn-oidc-accesstoken"  # noqa: S105  # the name of a header
DATA: Final = "x-amzn-oidc-data"
USER: Final = "kubeflow-userid"
VICTIM: Final = "alice@example.com"
AUDIENCE: Final = "istio-ingressgateway.istio-system.svc.cluster.local"
PREFLIGHT: Final = [("origin", "https://evil.example"), ("access-control-request-method", "GET")]

REFUSED: Final = None
"""Instead of an identity: the gateway answers 4xx, and nothing reaches a workload."""


@dataclass(frozen=True)
class Forge:
    """Makes what an attacker sends: her own genuine tokens, and forgeries.

    Attributes:
        keys: Who signs.
        client: App client of the load balancer.
        machine: App client of a program.
        balancer: Key of a load balancer: of ours, or of another customer's.
    """

    keys: Keys
    client: str
    machine: str
    balancer: LoadBalancerKey = field(default_factory=LoadBalancerKey)

    def claims(self, name: str, *, email: str | None = None, verified: str = "true") -> Claims:
        """An access token's claims after the trigger has run."""
        attributes = {"email": email or f"{name}@example.com", "email_verified": verified}
        added = user_claims(f"{name}-sub", attributes, self.client)
        return {**access_claims(ISSUER, self.client, f"{name}-sub"), **added}

    def token(self, name: str, **changes: object) -> str:
        """A user's token, with some claims changed after the trigger; `None` removes one."""
        claims = {**self.claims(name), **changes}
        return self.keys.pool.sign({n: v for n, v in claims.items() if v is not None})

    def data(self, name: str, **header: str) -> str:
        """What a load balancer says of a user."""
        claims = {"sub": f"{name}-sub", "email": f"{name}@example.com"}
        return self.balancer.sign(claims, client=self.client, iss=ISSUER, **header)

    def signed_in(self, name: str) -> Headers:
        """What our load balancer adds for a user."""
        return [
            (TOKEN, self.token(name)),
            ("x-amzn-oidc-identity", f"{name}-sub"),
            (DATA, self.data(name)),
        ]

    def forged_data(self, name: str = "alice") -> str:
        """The same without any signature."""
        claims = {"sub": f"{name}-sub", "email": VICTIM}
        return f"{unsigned(claims, self.balancer.key_id)}AAAA"

    def service_account(self, audience: str | list[str], *, issuer_key: bool = True) -> str:
        """A projected token of a profile's service account."""
        key = self.keys.cluster if issuer_key else self.keys.stranger
        now = int(time.time())
        return key.sign(
            {
                "iss": CLUSTER_ISSUER,
                "sub": "system:serviceaccount:alice:default-editor",
                "aud": audience,
                "iat": now,
                "exp": now + 600,
            }
        )


@dataclass(frozen=True)
class Attack:
    """One request.

    Attributes:
        headers: What is sent.
        outcome: The one identity that a workload may see, or `REFUSED`.
        method: Of the request.
        path: Of the request.
    """

    headers: Callable[[Forge], Headers]
    outcome: str | None = REFUSED
    method: str = "GET"
    path: str = "/"


def _token(**changes: object) -> Callable[[Forge], Headers]:
    return lambda forge: [(TOKEN, forge.token("alice", **changes))]


def _as_mallory(*more: tuple[str, str]) -> Attack:
    return Attack(lambda forge: [*forge.signed_in("mallory"), *more], "mallory@example.com")


def _bearer(token: Callable[[Forge], str], outcome: str | None = REFUSED) -> Attack:
    return Attack(lambda forge: [("authorization", f"Bearer {token(forge)}")], outcome)


GENUINE: Final[Mapping[str, Attack]] = {
    "a signed-in user": Attack(lambda forge: forge.signed_in("alice"), VICTIM),
    "an address in upper case": Attack(
        lambda forge: [
            (TOKEN, forge.keys.pool.sign(forge.claims("alice", email="Alice@Example.COM")))
        ],
        VICTIM,
    ),
    "large claims": Attack(
        lambda forge: [(TOKEN, forge.token("alice", bio="x" * 8000))],
        VICTIM,
    ),
    "a stray bearer token beside a session": Attack(
        lambda forge: [*forge.signed_in("alice"), ("authorization", "token of-jupyter")], VICTIM
    ),
    "an empty bearer token beside a session": Attack(
        lambda forge: [*forge.signed_in("alice"), ("authorization", "Bearer")], VICTIM
    ),
    "a program": _bearer(
        lambda forge: forge.keys.pool.sign(
            {
                **access_claims(ISSUER, forge.machine, forge.machine),
                **machine_claims(forge.machine, list(MACHINES)),
            }
        ),
        "ci@machines.platform.example.com",
    ),
    "a service account": _bearer(
        lambda forge: forge.service_account([AUDIENCE]),
        "system:serviceaccount:alice:default-editor",
    ),
}

ATTACKS: Final[Mapping[str, Attack]] = {
    "nothing at all": Attack(lambda _: []),
    "an identity of one's own making": Attack(lambda _: [(USER, VICTIM)]),
    "another's identity beside one's own": _as_mallory((USER, VICTIM)),
    "two identities beside one's own": _as_mallory((USER, VICTIM), ("KubeFlow-UserID", VICTIM)),
    "an identity with an underscore": _as_mallory(("kubeflow_userid", VICTIM)),
    "groups of one's own making": _as_mallory(("kubeflow-groups", "admins")),
    "groups with an underscore": _as_mallory(("kubeflow_groups", "admins")),
    "a preflight with an identity": Attack(
        lambda _: [(USER, VICTIM), *PREFLIGHT], method="OPTIONS"
    ),
    "a preflight with an underscore": Attack(
        lambda _: [("kubeflow_userid", VICTIM), *PREFLIGHT], method="OPTIONS"
    ),
    "forged data": Attack(lambda forge: [(DATA, forge.forged_data())]),
    "forged data beside one's own token": Attack(
        lambda forge: [(DATA, forge.forged_data()), (TOKEN, forge.token("mallory"))],
        "mallory@example.com",
    ),
    "forged data of one's own subject": Attack(
        lambda forge: [(DATA, forge.forged_data("mallory")), (TOKEN, forge.token("mallory"))],
        "mallory@example.com",
    ),
    "data of another load balancer": Attack(
        lambda forge: [(DATA, forge.data("alice", signer="arn:aws:elb:of-somebody-else"))]
    ),
    "data without a token": Attack(lambda forge: [(DATA, forge.data("alice"))]),
    "data that is no token": Attack(lambda _: [(DATA, "..")]),
    "two data headers": Attack(
        lambda forge: [
            (DATA, forge.forged_data()),
            (DATA, forge.data("mallory")),
            (TOKEN, forge.token("mallory")),
        ],
        "mallory@example.com",
    ),
    "two tokens, the first forged": Attack(
        lambda forge: [
            (TOKEN, forge.keys.stranger.sign(forge.claims("alice"))),
            (TOKEN, forge.token("mallory")),
        ]
    ),
    "a token of another key": Attack(
        lambda forge: [(TOKEN, forge.keys.stranger.sign(forge.claims("alice")))]
    ),
    "a token without a signature": Attack(
        lambda forge: [(TOKEN, unsigned(forge.claims("alice"), forge.keys.pool.key_id))]
    ),
    "a token signed with the public key": Attack(
        lambda forge: [(TOKEN, forge.keys.pool.sign_with_the_public_key(forge.claims("alice")))]
    ),
    "a token that has expired": Attack(_token(exp=int(time.time()) - 600)),
    "a token of another user pool": Attack(_token(iss=f"{ISSUER}X")),
    "a token of another app client": Attack(_token(client_id="client-of-another-application")),
    "a token of no app client": Attack(_token(client_id=None)),
    "an ID token": Attack(_token(**{"token_use": "id", "client_id": None, "aud": "any"})),
    "an ID token that names the app client": Attack(_token(**{"token_use": "id"})),
    "a token without an address": Attack(_token(email=None)),
    "a token with an empty address": Attack(_token(email="")),
    "a token whose subject is missing": Attack(_token(sub=None)),
    "an address that is not verified": Attack(
        lambda forge: [
            (TOKEN, forge.keys.pool.sign(forge.claims("eve", email=VICTIM, verified="false")))
        ]
    ),
    "an address beyond ASCII": Attack(
        lambda forge: [
            (TOKEN, forge.keys.pool.sign(forge.claims("eve", email="jürgen@exämple.com")))
        ]
    ),
    "an address with a line break": Attack(
        lambda forge: [
            (TOKEN, forge.keys.pool.sign(forge.claims("eve", email="a@example.com\r\nx-evil: 1")))
        ]
    ),
    "a token in the query": Attack(
        lambda forge: [("authorization", f"Basic {forge.token('alice')}")],
        path="/?access_token=x",
    ),
    "a header of 70 KB": Attack(lambda _: [(DATA, "A" * 70_000)]),
    "120 headers": Attack(lambda _: [(f"x-{number}", "1") for number in range(120)]),
    "a bearer token of another key": _bearer(
        lambda forge: forge.keys.stranger.sign(forge.claims("alice"))
    ),
    "a program without a scope of its own": _bearer(
        lambda forge: forge.keys.pool.sign(access_claims(ISSUER, forge.machine, forge.machine))
    ),
    "a bearer token of another app client": _bearer(
        lambda forge: forge.keys.pool.sign({**forge.claims("alice"), "client_id": "another"})
    ),
    "a service account's token for Pipelines": _bearer(
        lambda forge: forge.service_account(["pipelines.kubeflow.org"])
    ),
    "a service account's token for AWS": _bearer(
        lambda forge: forge.service_account(["sts.amazonaws.com"])
    ),
    "a service account's token without an audience": _bearer(
        lambda forge: forge.service_account([])
    ),
    "a service account of another cluster": _bearer(
        lambda forge: forge.service_account([AUDIENCE], issuer_key=False)
    ),
    "a service account's token where a user's belongs": Attack(
        lambda forge: [(TOKEN, forge.service_account([AUDIENCE]))]
    ),
    "another path to logout": Attack(lambda _: [(USER, VICTIM)], path="/logout/..%2fpipeline"),
    "logout with another case": Attack(lambda _: [(USER, VICTIM)], path="/LOGOUT"),
    "logout with a parameter": Attack(lambda _: [(USER, VICTIM)], path="/logout;x/../pipeline"),
    "the path of health checks": Attack(lambda _: [(USER, VICTIM)], path="/healthz/ready"),
    "the path of Dex": Attack(lambda _: [(USER, VICTIM)], path="/dex/auth"),
    "the path of oauth2-proxy": Attack(lambda _: [(USER, VICTIM)], path="/oauth2/start"),
}
