"""What GitHub says of a repository: by a token in GITHUB_TOKEN, or as anybody."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException, HTTPSConnection
from typing import Final

HOST: Final = "api.github.com"
TIMEOUT_SECONDS: Final = 10
HEADERS: Final = {"Accept": "application/vnd.github+json", "User-Agent": "kubeflow-aws-doctor"}
TOKEN: Final = "GITHUB_TOKEN"  # noqa: S105  # the name of a variable


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What GitHub answered.

    Attributes:
        status: The HTTP status.
        body: JSON, if the status is 200.
    """

    status: int
    body: bytes = b""


Ask = Callable[[str], Answer]
"""Asks for a path of GitHub's REST API; raises OSError if it cannot be reached."""


def ask_github(path: str) -> Answer:
    """Ask over TLS.

    Raises:
        OSError: GitHub cannot be reached.
    """
    token = os.environ.get(TOKEN)
    credentials = {"Authorization": f"Bearer {token}"} if token else {}
    connection = HTTPSConnection(HOST, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", path, headers={**HEADERS, **credentials})
        response = connection.getresponse()
        return Answer(status=response.status, body=response.read())
    except HTTPException as error:
        raise OSError(f"{HOST} speaks no HTTP: {error}") from None
    finally:
        connection.close()
