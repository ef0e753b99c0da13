"""Whose e-mail address the trigger puts into access tokens, and whose it does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from kubeflow_aws.identity.pre_token_generation import index
from kubeflow_aws.identity.token_trigger import PROGRAM_CLAIM

Trigger = Callable[[dict[str, Any], object], dict[str, Any]]

PROVIDERS = {
    "Google": {"domains": ["example.com"], "verified": False},
    "Corporate": {"domains": ["example.com", "example.org"], "verified": True},
}
MACHINES = {"kubeflow/ci": "ci@machines.platform.example.com"}
PROGRAM = dict([PROGRAM_CLAIM])


@pytest.fixture
def trigger(monkeypatch: pytest.MonkeyPatch) -> Trigger:
    monkeypatch.setenv("IDENTITY_PROVIDERS", json.dumps(PROVIDERS))
    monkeypatch.setenv("MACHINES", json.dumps(MACHINES))
    return index.handler


def claim(trigger: Trigger, event: dict[str, Any]) -> str | None:
    details = trigger(event, None)["response"]["claimsAndScopeOverrideDetails"]
    claims: dict[str, str] = details["accessTokenGeneration"]["claimsToAddOrOverride"]
    # A program says that it is one, and nobody else does.
    is_program = event["triggerSource"] == "TokenGeneration_ClientCredentials"
    said = {name: value for name, value in claims.items() if name != "email"}
    assert said == (PROGRAM if is_program and "email" in claims else {})
    return claims.get("email")


def of_user(trigger: Trigger, **attributes: str) -> str | None:
    return claim(
        trigger,
        {
            "version": "2",
            "triggerSource": "TokenGeneration_HostedAuth",
            "request": {"userAttributes": {"sub": "1", **attributes}},
            "response": {},
        },
    )


def of_machine(trigger: Trigger, scopes: list[str] | None) -> str | None:
    return claim(
        trigger,
        {
            "version": "3",
            "triggerSource": "TokenGeneration_ClientCredentials",
            "request": {"userAttributes": {}, "scopes": scopes},
            "response": {},
        },
    )


def federated(*names: str) -> str:
    return json.dumps([{"providerName": name, "userId": "7"} for name in names])


def test_a_verified_address_becomes_the_identity_in_lower_case(trigger: Trigger) -> None:
    assert of_user(trigger, email="Alice@Example.COM", email_verified="true") == "alice@example.com"


@pytest.mark.parametrize("verified", ["false", "", "True"])
def test_an_address_that_is_not_verified_does_not(trigger: Trigger, verified: str) -> None:
    assert of_user(trigger, email="alice@example.com", email_verified=verified) is None


@pytest.mark.parametrize(
    "email",
    [
        "",
        "alice",
        "*",
        "*@example.com",
        "jürgen@example.com",
        "alice@example.com\r\nx-evil: 1",
        "alice@example.com ",
        "alice@example.com,bob@example.com",
        "a" * 250 + "@example.com",
    ],
)
def test_what_is_no_plain_address_does_not(trigger: Trigger, email: str) -> None:
    assert of_user(trigger, email=email, email_verified="true") is None


def test_a_provider_speaks_for_its_own_domains_only(trigger: Trigger) -> None:
    google = {"identities": federated("Google"), "email_verified": "true"}

    assert of_user(trigger, email="alice@example.com", **google) == "alice@example.com"
    assert of_user(trigger, email="alice@example.org", **google) is None
    assert of_user(trigger, email="alice@not-example.com", **google) is None


def test_a_trusted_provider_needs_not_say_that_it_verified(trigger: Trigger) -> None:
    assert of_user(trigger, email="a@example.org", identities=federated("Corporate"))
    assert of_user(trigger, email="a@example.com", identities=federated("Google")) is None


def test_a_provider_that_the_file_does_not_name_speaks_for_nobody(trigger: Trigger) -> None:
    other = {"identities": federated("Other"), "email_verified": "true"}

    assert of_user(trigger, email="alice@example.com", **other) is None


def test_of_several_providers_none_speaks(trigger: Trigger) -> None:
    both = {"identities": federated("Google", "Corporate"), "email_verified": "true"}

    assert of_user(trigger, email="alice@example.com", **both) is None


def test_a_machine_is_known_by_its_scope(trigger: Trigger) -> None:
    assert of_machine(trigger, ["kubeflow/ci"]) == "ci@machines.platform.example.com"


@pytest.mark.parametrize("scopes", [None, [], ["kubeflow/other"], ["openid", "email"]])
def test_a_machine_of_no_known_scope_is_nobody(trigger: Trigger, scopes: list[str] | None) -> None:
    assert of_machine(trigger, scopes) is None


def test_a_user_cannot_be_a_machine(trigger: Trigger) -> None:
    event = {
        "triggerSource": "TokenGeneration_HostedAuth",
        "request": {"userAttributes": {"email": "m@example.com"}, "scopes": ["kubeflow/ci"]},
        "response": {},
    }

    assert claim(trigger, event) is None
