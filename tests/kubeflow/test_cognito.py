"""What the load balancer and the gateway are told of a user pool."""

from __future__ import annotations

import json
from typing import Any

import pytest

from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.identity.token_trigger import PROGRAM_CLAIM
from kubeflow_aws.kubeflow.cognito import cognito_values
from kubeflow_aws.objects.placeholders import Placeholder, Value

ISSUER = "https://cognito-idp.us-west-2.amazonaws.com/us-west-2_pool"


def values_of(*machines: str) -> dict[Placeholder, Value]:
    sign_in = SignIn(
        issuer=ISSUER,
        user_pool_arn="arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_pool",
        client_id="of-the-load-balancer",
        domain="platform",
        base_url="https://platform.auth.us-west-2.amazoncognito.com",
        machine_client_ids=machines,
        session_seconds=43200,
    )
    return dict(
        cognito_values(sign_in, host="kubeflow.platform.example.com", service_account_issuer=None)
    )


@pytest.mark.parametrize("machines", [("ci",), ("ci", "nightly"), tuple("abcdefghij")])
def test_the_load_balancer_compares_one_value_however_many_programs_there_are(
    machines: tuple[str, ...],
) -> None:
    checked: dict[str, Any] = json.loads(str(values_of(*machines)[Placeholder.MACHINE_TOKENS]))
    [claim] = checked["additionalClaims"]

    assert checked["issuer"] == ISSUER
    assert claim["format"] == "single-string"
    assert (claim["name"], *claim["values"]) == PROGRAM_CLAIM


@pytest.mark.parametrize("machines", [("ci",), ("ci", "nightly")])
def test_the_gateway_knows_every_program(machines: tuple[str, ...]) -> None:
    known = values_of(*machines)

    assert known[Placeholder.COGNITO_CLIENT_IDS] == ("of-the-load-balancer", *machines)
    assert known[Placeholder.MACHINE_ISSUER] == (ISSUER,)


def test_without_programs_no_token_passes() -> None:
    known = values_of()

    assert Placeholder.MACHINE_TOKENS not in known
    assert known[Placeholder.MACHINE_ISSUER] == ()
