"""Logout ends both sessions, the load balancer's and Cognito's."""

from __future__ import annotations

import pytest

from tests.gateway.backend import send
from tests.gateway.browser import Browser
from tests.gateway.conftest import Front, Gateway
from tests.gateway.load_balancer import COOKIE


@pytest.mark.parametrize("path", ["/oauth2/sign_out", "/logout", "/logout?from=dashboard"])
def test_logout_ends_the_session_and_asks_for_the_password_again(front: Front, path: str) -> None:
    browser = Browser(front)
    browser.sign_in("alice")

    out = browser.get(path)
    assert out.status_code == 302
    assert out.headers["location"].startswith(f"{front.cognito_url}/logout?client_id=")
    assert out.headers["cache-control"] == "no-store"
    assert COOKIE not in browser.cookies

    back = browser.get(out.headers["location"])
    assert back.headers["location"] == f"{front.url}/"
    again = browser.get(back.headers["location"])
    assert "/oauth2/authorize?" in again.headers["location"]
    assert "/login?" in browser.get(again.headers["location"]).headers["location"]


def test_without_a_session_logout_still_reaches_cognito(front: Front) -> None:
    assert Browser(front).get("/logout").headers["location"].startswith(front.cognito_url)


def test_all_four_cookies_are_ended_and_no_workload_is_asked(gateway: Gateway) -> None:
    before = len(gateway.backend.requests)
    answer = send(gateway.port, [("kubeflow-userid", "alice@example.com")], path="/logout")

    cookies = answer.values("set-cookie")
    assert [cookie.partition("=")[0] for cookie in cookies] == [f"{COOKIE}-{n}" for n in range(4)]
    assert all("Max-Age=0" in cookie and "Secure" in cookie for cookie in cookies)
    assert len(gateway.backend.requests) == before


def test_cognito_knows_the_address_after_logout(gateway: Gateway) -> None:
    [location] = send(gateway.port, [], path="/oauth2/sign_out").values("location")

    assert location == (
        "https://platform-example-com.auth.us-west-2.amazoncognito.com/logout"
        "?client_id=client-userspoolloadbalancereed0b3aa"
        "&logout_uri=https%3A%2F%2Fkubeflow.platform.example.com%2F"
    )
