"""Nobody is anybody else: every attack, straight at the gateway and through the load balancer."""

from __future__ import annotations

import http.client
import ssl

import pytest

from tests.gateway.attacks import ATTACKS, GENUINE, REFUSED, VICTIM, Attack, Forge
from tests.gateway.backend import Answer, send
from tests.gateway.browser import Browser
from tests.gateway.conftest import HOST, Front, Gateway, Keys

SECRET_HEADERS = ("x-amzn-oidc-", "kubeflow-groups", "kubeflow_")
EVERYTHING = {**GENUINE, **ATTACKS}


@pytest.fixture(scope="session")
def forge(keys: Keys, client_id: str, machine_id: str) -> Forge:
    return Forge(keys, client_id, machine_id)


@pytest.fixture(scope="module")
def mallory(front: Front) -> Browser:
    """A user with a session of her own at the load balancer."""
    browser = Browser(front)
    browser.sign_in("mallory")
    return browser


def identity(answer: Answer) -> str | None:
    """Whom the workload saw, if the request reached one."""
    if answer.status != 200:
        assert 400 <= answer.status < 500, answer.status
        return REFUSED
    seen = answer.seen
    leaked = [name for name, _ in seen.headers if name.startswith(SECRET_HEADERS)]
    assert not leaked
    [user] = seen.values("kubeflow-userid")
    return user


@pytest.mark.parametrize("attack", EVERYTHING.values(), ids=list(EVERYTHING))
def test_straight_at_the_gateway(attack: Attack, gateway: Gateway, forge: Forge) -> None:
    answer = send(gateway.port, attack.headers(forge), method=attack.method, path=attack.path)

    assert identity(answer) == attack.outcome


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=list(ATTACKS))
def test_through_the_load_balancer_with_a_session_of_ones_own(
    attack: Attack, front: Front, forge: Forge, mallory: Browser
) -> None:
    answer = through(front, attack, forge, cookie=mallory.cookies)

    assert identity(answer) in (REFUSED, "mallory@example.com")


@pytest.mark.parametrize("attack", EVERYTHING.values(), ids=list(EVERYTHING))
def test_through_the_load_balancer_without_a_session(
    attack: Attack, front: Front, forge: Forge
) -> None:
    answer = through(front, attack, forge)

    if answer.status == 302:
        [location] = answer.values("location")
        assert location.startswith(f"{front.cognito_url}/oauth2/authorize?")
    elif attack is GENUINE["a program"]:
        assert identity(answer) == attack.outcome
    else:
        assert identity(answer) is REFUSED


@pytest.mark.parametrize("name", ["cookie", "Cookie"])
def test_workloads_never_see_the_session(name: str, gateway: Gateway, forge: Forge) -> None:
    cookies = "theme=dark; AWSELBAuthSessionCookie-0=abc; AWSELBAuthSessionCookie-1=d; _xsrf=1"
    answer = send(gateway.port, [*forge.signed_in("alice"), (name, cookies)])

    assert answer.seen.values("cookie") == ["theme=dark; _xsrf=1"]


def test_a_cookie_header_more_hides_no_session(gateway: Gateway, forge: Forge) -> None:
    headers = [("cookie", "a=1"), ("cookie", "AWSELBAuthSessionCookie-0=abc"), ("cookie", "b=2")]
    answer = send(gateway.port, [*forge.signed_in("alice"), *headers])

    assert "AWSELB" not in str(answer.seen.values("cookie"))
    assert "a=1" in str(answer.seen.values("cookie"))
    assert "b=2" in str(answer.seen.values("cookie"))


def test_a_list_of_addresses_is_nobodys_identity(gateway: Gateway, forge: Forge) -> None:
    token = forge.token("mallory", email=[VICTIM, "mallory@example.com"])
    answer = send(gateway.port, [("x-amzn-oidc-accesstoken", token)])

    # Envoy passes lists on as base64 of their JSON, which is no user's name.
    assert answer.status != 200 or VICTIM not in answer.seen.values("kubeflow-userid")


def test_a_stolen_token_is_worth_its_life_only(gateway: Gateway, forge: Forge) -> None:
    """Nothing can tell a copy from the original; hence no workload ever sees one."""
    stolen = forge.token("alice")

    assert identity(send(gateway.port, [("x-amzn-oidc-accesstoken", stolen)])) == VICTIM


def through(front: Front, attack: Attack, forge: Forge, cookie: str = "") -> Answer:
    """Send an attack to the load balancer."""
    context = ssl.create_default_context(cafile=str(front.authority))
    connection = http.client.HTTPSConnection(HOST, front.port, context=context, timeout=20)
    connection.putrequest(attack.method, attack.path, skip_host=True, skip_accept_encoding=True)
    connection.putheader("host", f"{HOST}:{front.port}")
    if cookie:
        connection.putheader("cookie", cookie)
    for name, value in attack.headers(forge):
        connection.putheader(name, value)
    try:
        connection.endheaders()
        answer = connection.getresponse()
        headers = [(name.lower(), value) for name, value in answer.getheaders()]
        return Answer(answer.status, headers, answer.read())
    finally:
        connection.close()
