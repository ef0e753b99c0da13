"""A client of the Kubernetes API for what the trigger does there: list, create, delete."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping, Sequence
from http.client import HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

Object = dict[str, Any]

ROLE_BINDINGS = ("/apis/rbac.authorization.k8s.io/v1", "rolebindings")
POLICIES = ("/apis/security.istio.io/v1", "authorizationpolicies")

Kind = tuple[str, str]

SECONDS = 2.0
"""For an answer. Cognito waits five for all of them."""

MISSING = 404
TAKEN = 409


class ApiError(Exception):
    """The API refused a request, or did not answer."""


class Kubernetes:
    """One connection to the API.

    Args:
        url: Where the API is.
        authority: Its certificate authority, as PEM.
        headers: Sent with each request: who asks.
        seconds: How long to wait for an answer.
    """

    def __init__(
        self, *, url: str, authority: str, headers: Mapping[str, str], seconds: float = SECONDS
    ) -> None:
        self._connection = HTTPSConnection(
            urlsplit(url).netloc,
            context=ssl.create_default_context(cadata=authority),
            timeout=seconds,
        )
        self._headers = dict(headers)

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def list(self, kind: Kind, selector: str) -> Sequence[Object]:
        """The objects of a kind in all namespaces with certain labels.

        Raises:
            ApiError: The API did not tell.
        """
        group, resource = kind
        path = f"{group}/{resource}?labelSelector={quote(selector)}"
        items: list[Object] = self._ask("GET", path).get("items") or []
        return items

    def create(self, kind: Kind, item: Object) -> None:
        """Make an object, unless one of its name is there.

        Raises:
            ApiError: The API refused it.
        """
        group, resource = kind
        path = f"{group}/namespaces/{item['metadata']['namespace']}/{resource}"
        self._ask("POST", path, item, also=TAKEN)

    def delete(self, kind: Kind, item: Object) -> None:
        """Delete the very object that was listed; it may be gone.

        Raises:
            ApiError: The API refused it.
        """
        group, resource = kind
        at = item["metadata"]
        path = f"{group}/namespaces/{at['namespace']}/{resource}/{at['name']}"
        # Another session of hers may have made a new one under this name.
        self._ask("DELETE", path, {"preconditions": {"uid": at["uid"]}}, also=MISSING)

    def _ask(
        self, method: str, path: str, body: Object | None = None, *, also: int = 200
    ) -> Object:
        text = json.dumps(body) if body else None
        headers = self._headers | {"Content-Type": "application/json"}
        try:
            self._connection.request(method, path, text, headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException) as error:
            # The next request opens it anew.
            self._connection.close()
            raise ApiError(f"{method} {path}: {error}") from error
        if answer.status >= 300 and answer.status != also:
            raise ApiError(f"{method} {path}: {answer.status} {content[:500].decode()}")
        found: Object = json.loads(content)
        return found
