"""What somebody who is not signed in gets at the platform's address: the sign-in, and no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import urlsplit

from kubeflow_aws.cli.checks.check import Check
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider

TIMEOUT_SECONDS: Final = 10
AGENT: Final = {"User-Agent": "kubeflow-aws-smoke"}
"""The web ACL refuses requests that name no agent (AWSManagedRulesCommonRuleSet)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a server answered.

    Attributes:
        status: The HTTP status.
        location: Where it sends the browser, if anywhere.
    """

    status: int
    location: str


Ask = Callable[[str, Mapping[str, str]], Answer]
"""Asks a host for its first page, with headers; raises OSError if it cannot be reached."""


def ask_over_https(host: str, headers: Mapping[str, str]) -> Answer:
    """Ask a host over TLS, whose certificate must be one that browsers trust.

    Raises:
        OSError: The host cannot be reached, or its certificate is not its own.
    """
    connection = HTTPSConnection(host, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/", headers={**AGENT, **headers})
        response = connection.getresponse()
        return Answer(status=response.status, location=response.getheader("Location") or "")
    except HTTPException as error:
        raise OSError(f"{host} speaks no HTTP: {error}") from None
    finally:
        connection.close()


def check_front_door(deployment: Deployment, ask: Ask) -> Iterator[Check]:
    """Whether the platform's address asks for a sign-in, and a forged header changes nothing.

    Nothing is checked of a load balancer that not all of the internet reaches.

    Args:
        deployment: What should be there.
        ask: How to ask.
    """
    ingress = deployment.ingress
    if not deployment.has_load_balancer or deployment.domain is None:
        return
    if ingress.internal or ingress.allowed_cidrs:
        return
    host = deployment.domain.host
    forged = {"kubeflow-userid": "somebody@example.com"}
    for name, headers in (("Sign-in", {}), ("Sign-in despite a forged user", forged)):
        try:
            answer = ask(host, headers)
        except OSError as error:
            yield Check(name=name, works=False, found=f"https://{host}: {error}")
            continue
        yield Check(
            name=name,
            works=answer.status == 302 and _leads_to_sign_in(deployment, answer.location),
            found=f"https://{host} answers {answer.status} {answer.location.partition('?')[0]}",
        )


def _leads_to_sign_in(deployment: Deployment, location: str) -> bool:
    place = urlsplit(location)
    if deployment.auth_provider is AuthProvider.COGNITO:
        return place.path == "/oauth2/authorize"
    return place.path.startswith(("/dex/auth", "/oauth2/"))
