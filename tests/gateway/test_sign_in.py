"""The nine steps of a sign-in, from the first request to the workload's answer."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.gateway.backend import Seen
from tests.gateway.browser import Browser
from tests.gateway.conftest import HOST, Front
from tests.gateway.load_balancer import CALLBACK, COOKIE


def seen(answer: requests.Response) -> Seen:
    """The request as the workload saw it."""
    assert answer.status_code == 200, answer.status_code
    found = answer.json()
    return Seen(found["line"], [(name, value) for name, value in found["headers"]])


def user(answer: requests.Response) -> str:
    [found] = seen(answer).values("kubeflow-userid")
    return found


@pytest.fixture
def alice(front: Front) -> Browser:
    browser = Browser(front)
    browser.sign_in("alice")
    return browser


def test_the_nine_steps(front: Front, client_id: str) -> None:
    front.cognito.log.clear()
    browser = Browser(front)

    first, authorize, page, login, callback, answer = browser.sign_in(
        "alice", path="/_/jupyter/?a=1"
    )

    # 1 and 2: no cookie, so off to Cognito.
    query = parse_qs(urlsplit(first.headers["location"]).query)
    assert first.status_code == 302
    assert query["client_id"] == [client_id]
    assert query["scope"] == ["openid email"]
    assert query["redirect_uri"] == [f"{front.url}{CALLBACK}"]
    # 3: she signs in, and comes back with a code.
    assert (authorize.status_code, page.status_code, login.status_code) == (302, 200, 302)
    assert login.headers["location"].startswith(f"{front.url}{CALLBACK}?code=")
    # 4, 5, 6: the code for tokens, a token for claims.
    assert front.cognito.log[-2:] == ["token authorization_code", "userInfo"]
    # 7: back to where she wanted, with a session.
    assert callback.headers["location"] == "/_/jupyter/?a=1"
    session = [cookie for cookie in browser.session.cookies if cookie.name.startswith(COOKIE)]
    assert session
    assert all(cookie.secure for cookie in session)
    # 8 and 9: the gateway says who she is, and the workload answers.
    assert user(answer) == "alice@example.com"
    assert seen(answer).line == "GET /_/jupyter/?a=1 HTTP/1.1"


def test_a_workload_sees_the_user_and_nothing_to_steal(alice: Browser) -> None:
    alice.session.cookies.set("theme", "dark", domain=HOST)

    found = seen(alice.get("/"))

    assert found.values("cookie") == ["theme=dark"]
    assert found.values("authorization") == []
    assert not [name for name, _ in found.headers if name.startswith("x-amzn-oidc")]


def test_a_workload_sees_how_the_browser_came(alice: Browser) -> None:
    found = seen(alice.get("/", **{"x-forwarded-for": "6.6.6.6", "x-forwarded-proto": "http"}))

    assert found.values("x-forwarded-proto") == ["https"]
    assert found.values("x-envoy-external-address") != ["6.6.6.6"]


def test_an_expired_token_is_refreshed_without_asking(front: Front, alice: Browser) -> None:
    front.cognito.log.clear()
    front.balancer.tokens_expire_at_once = True
    try:
        answer = alice.get("/")
    finally:
        front.balancer.tokens_expire_at_once = False

    assert user(answer) == "alice@example.com"
    assert front.cognito.log == ["token refresh_token"]


def test_a_tampered_session_is_none(alice: Browser, front: Front) -> None:
    [cookie] = [each for each in alice.session.cookies if each.name == f"{COOKIE}-0"]
    assert cookie.value
    stranger = Browser(front)
    stranger.session.cookies.set(cookie.name, f"{cookie.value[:-8]}AAAAAAAA", domain=HOST)

    answer = stranger.get("/")

    assert answer.status_code == 302
    assert "/oauth2/authorize?" in answer.headers["location"]


def test_a_callback_that_nobody_asked_for_is_refused(front: Front) -> None:
    assert Browser(front).get(f"{CALLBACK}?code=stolen&state=x").status_code == 401


def test_anothers_callback_is_refused(front: Front) -> None:
    """Mallory sends Alice her own code and state, to sign her in as Mallory."""
    mallory, alice = Browser(front), Browser(front)
    *_, login, _, _ = mallory.sign_in("mallory")

    assert alice.get(login.headers["location"]).status_code == 401


def test_a_code_is_good_once(front: Front) -> None:
    browser = Browser(front)
    first = browser.get("/")
    nonce = browser.session.cookies["AWSALBAuthNonce"]
    login = browser.session.post(
        f"{front.cognito_url}/login?{urlsplit(first.headers['location']).query}",
        data={"username": "mallory", "password": "mallory"},
        allow_redirects=False,
        timeout=20,
    )
    assert browser.get(login.headers["location"]).status_code == 302
    browser.session.cookies.set("AWSALBAuthNonce", nonce, domain=HOST, secure=True)

    assert browser.get(login.headers["location"]).status_code == 401


def test_a_wrong_password_leads_nowhere(front: Front) -> None:
    *_, last = Browser(front).sign_in("alice", password="wrong")  # noqa: S106

    assert last.status_code == 401
    assert last.url.startswith(front.cognito_url)


def test_anothers_address_in_ones_account_is_nobodys_identity(front: Front) -> None:
    *_, last = Browser(front).sign_in("eve")

    assert last.status_code == 403


def test_a_federated_user_of_a_known_domain_may_come_in(front: Front) -> None:
    *_, last = Browser(front).sign_in("carol")

    assert user(last) == "carol@example.com"


def test_a_federated_user_of_another_domain_may_not(front: Front) -> None:
    *_, last = Browser(front).sign_in("oscar")

    assert last.status_code == 403


def test_a_script_without_a_session_is_told_so(front: Front) -> None:
    assert Browser(front).get("/api", **{"sec-fetch-mode": "cors"}).status_code == 401


def test_a_script_with_a_session_is_answered(alice: Browser) -> None:
    assert user(alice.get("/api", **{"sec-fetch-mode": "cors"})) == "alice@example.com"


def test_an_unknown_name_is_not_served(alice: Browser) -> None:
    assert alice.get("/", host="evil.example").status_code == 404
