"""Programs, by Pipelines' SDK: credentials from outside, a service account from inside."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
import requests

from tests.gateway.attacks import AUDIENCE, Forge
from tests.gateway.conftest import Front, Gateway, Keys

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import kfp

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")


def machine_token(front: Front, machine_id: str, **form: str) -> requests.Response:
    """Ask Cognito as README says: client credentials."""
    return requests.post(
        f"{front.cognito_url}/oauth2/token",
        data={"grant_type": "client_credentials", **form},
        auth=(machine_id, "of the program"),
        timeout=20,
    )


def experiments(client: Any) -> list[str]:
    """What a client lists."""
    found = client.list_experiments().experiments
    return [str(experiment.display_name) for experiment in found]


def test_the_sdk_reaches_pipelines_with_client_credentials(front: Front, machine_id: str) -> None:
    token = machine_token(front, machine_id, scope="kubeflow/ci").json()["access_token"]
    client = kfp.Client(
        host=f"{front.url}/pipeline", existing_token=token, ssl_ca_cert=str(front.authority)
    )

    assert experiments(client) == ["of ci@machines.platform.example.com"]


def test_the_sdk_reaches_pipelines_with_a_service_accounts_token(
    gateway: Gateway, keys: Keys
) -> None:
    token = Forge(keys, "", "").service_account([AUDIENCE])
    client = kfp.Client(host=f"http://127.0.0.1:{gateway.port}/pipeline", existing_token=token)

    assert experiments(client) == ["of system:serviceaccount:alice:default-editor"]


def test_a_program_gets_no_scope_but_its_own(front: Front, machine_id: str) -> None:
    assert machine_token(front, machine_id, scope="kubeflow/other").status_code == 400


def test_a_wrong_token_gets_401_and_no_sign_in_page(front: Front) -> None:
    answer = requests.get(
        f"{front.url}/pipeline/apis/v2beta1/runs",
        headers={"authorization": "Bearer junk"},
        verify=str(front.authority),
        allow_redirects=False,
        timeout=20,
    )

    assert answer.status_code == 401


def test_a_users_own_token_is_no_programs(front: Front, keys: Keys, client_id: str) -> None:
    """Nobody has it but the load balancer; who had it could stay without a session."""
    token = Forge(keys, client_id, "").token("alice")
    answer = requests.get(
        f"{front.url}/pipeline/apis/v2beta1/runs",
        headers={"authorization": f"Bearer {token}"},
        verify=str(front.authority),
        allow_redirects=False,
        timeout=20,
    )

    assert answer.status_code == 401


def test_a_program_cannot_be_a_user(front: Front, machine_id: str) -> None:
    token = machine_token(front, machine_id).json()["access_token"]
    answer = requests.get(
        f"{front.url}/x",
        headers={
            "authorization": f"Bearer {token}",
            "kubeflow-userid": "alice@example.com",
            "x-amzn-oidc-accesstoken": "a.b.c",
            "x-amzn-oidc-data": "forged",
        },
        verify=str(front.authority),
        allow_redirects=False,
        timeout=20,
    )

    users = [value for name, value in answer.json()["headers"] if name == "kubeflow-userid"]
    assert users == ["ci@machines.platform.example.com"]
