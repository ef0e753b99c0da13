"""What the gateway and the load balancer take from the user pool."""

from __future__ import annotations

import json
from collections.abc import Mapping

from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.identity.token_trigger import PROGRAM_CLAIM
from kubeflow_aws.objects.placeholders import Placeholder, Value


def cognito_values(
    sign_in: SignIn, *, host: str, service_account_issuer: str | None
) -> Mapping[Placeholder, Value]:
    """The placeholders of the components `cognito` and `ingress`.

    Args:
        sign_in: The user pool.
        host: Name of the platform.
        service_account_issuer: Issuer of the cluster's service accounts; without it none of them
            passes the gateway.
    """
    machines = tuple(sign_in.machine_client_ids)
    values: dict[Placeholder, Value] = {
        Placeholder.COGNITO_ISSUER: sign_in.issuer,
        Placeholder.COGNITO_CLIENT_IDS: (sign_in.client_id, *machines),
        Placeholder.COGNITO_LOGOUT_URL: sign_in.logout_url(host),
        Placeholder.COGNITO_LOAD_BALANCER: json.dumps(
            {
                "userPoolARN": sign_in.user_pool_arn,
                "userPoolClientID": sign_in.client_id,
                "userPoolDomain": sign_in.domain,
            }
        ),
        Placeholder.COGNITO_SESSION_SECONDS: str(sign_in.session_seconds),
        Placeholder.MACHINE_ISSUER: (sign_in.issuer,) if machines else (),
        Placeholder.SERVICE_ACCOUNT_ISSUER: (
            (service_account_issuer,) if service_account_issuer else ()
        ),
    }
    if machines:
        values[Placeholder.MACHINE_TOKENS] = _checked_tokens(sign_in)
    return values


def _checked_tokens(sign_in: SignIn) -> str:
    """Which tokens pass the load balancer: those of programs; the gateway asks of which.

    A claim that is one text must match one value, and of lists a token has to have every value
    (Elastic Load Balancing, "Verify JWTs using an Application Load Balancer"): several client ids
    cannot be given at all.
    """
    name, value = PROGRAM_CLAIM
    claim = {"format": "single-string", "name": name, "values": [value]}
    return json.dumps(
        {
            "jwksEndpoint": sign_in.keys_url,
            "issuer": sign_in.issuer,
            "additionalClaims": [claim],
        }
    )
