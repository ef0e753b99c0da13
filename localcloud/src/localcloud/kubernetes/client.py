"""A client of a Kubernetes API for the parts of the local cloud that play controllers."""

from __future__ import annotations

import http.client
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0
# What Kubernetes' own metadata client asks for (client-go, metadata/metadata.go); who knows no such
# thing, as the small API, sends whole objects.
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"
_BUSY = 429
_TRIES = 10
"""As often as Kubernetes' own clients ask again (client-go, rest/with_retry.go)."""
_GONE_MEANWHILE = frozenset({404, 409, 422})

_log = logging.getLogger(__name__)


class ClientError(Exception):
    """The API refused a request, or did not answer.

    Attributes:
        code: The HTTP status; 0 if there was no answer.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class Client:
    """Sends requests one after the other. Not safe for threads.

    Args:
        url: Of the API.
        ca_certificate: PEM.
        token: A bearer token.
    """

    def __init__(self, url: str, ca_certificate: str, token: str) -> None:
        self._context = ssl.create_default_context(cadata=ca_certificate)
        self._address = urlsplit(url)
        self._token = token
        self._connection: http.client.HTTPSConnection | None = None

    def get(self, path: str) -> dict[str, Any]:
        """Read something.

        Raises:
            ClientError: If that fails.
        """
        return self._send("GET", path)

    def items(self, path: str) -> list[dict[str, Any]]:
        """The items of a list.

        Raises:
            ClientError: If that fails.
        """
        return list(self._send("GET", path).get("items") or [])

    def merge(self, path: str, patch: Mapping[str, Any]) -> None:
        """Apply a JSON merge patch.

        Raises:
            ClientError: If that fails.
        """
        self._send("PATCH", path, patch, "application/merge-patch+json")

    def post(self, path: str, item: Mapping[str, Any]) -> None:
        """Create something.

        Raises:
            ClientError: If that fails, with code 409 if it is there.
        """
        self._send("POST", path, item)

    def delete(self, path: str, uid: str) -> None:
        """Delete an object in the background, if it still has this UID.

        Raises:
            ClientError: If that fails.
        """
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        self._send("DELETE", path, options)

    def watch(self, path: str) -> Iterator[None]:
        """Yields once when the watch of a list begins, and again at each event, until it ends.

        Raises:
            ClientError: If it cannot begin, or breaks.
        """
        connection = self._connect(timeout=None)
        with closing(connection):
            try:
                headers = {**self._headers(), "Accept": _METADATA}
                connection.request("GET", f"{path}?watch=true", headers=headers)
                answer = connection.getresponse()
                if answer.status != 200:
                    raise ClientError(answer.status, answer.read().decode(errors="replace")[:500])
                yield
                for _ in answer:
                    yield
            except (OSError, http.client.HTTPException) as error:
                raise ClientError(0, str(error)) from error

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        headers = {**self._headers(), "Content-Type": content_type}
        answer, text = self._try(method, path, body, headers)
        # A server that is busy, or has just learnt of a kind, asks to be asked again.
        for _ in range(_TRIES):
            if answer.status != _BUSY:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
            answer, text = self._try(method, path, body, headers)
        if answer.status >= 400:
            raise ClientError(answer.status, text.decode(errors="replace")[:500])
        document: dict[str, Any] = json.loads(text) if text else {}
        return document

    def _try(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        kept = self._connection is not None
        try:
            return self._answer(method, path, body, headers)
        except ClientError:
            # The server may have closed a connection that was quiet; reading again does no harm.
            if not kept or method != "GET":
                raise
            return self._answer(method, path, body, headers)

    def _answer(
        self, method: str, path: str, body: Mapping[str, Any] | None, headers: Mapping[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        if self._connection is None:
            self._connection = self._connect(timeout=_TIMEOUT_SECONDS)
        try:
            self._connection.request(
                method, path, json.dumps(body) if body is not None else None, dict(headers)
            )
            answer = self._connection.getresponse()
            return answer, answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ClientError(0, str(error)) from error

    def _headers(self) -> dict[str, str]:
        # To a real control plane, the agent is the manager of what is written.
        return {"Authorization": f"Bearer {self._token}", "User-Agent": "localcloud-controllers"}

    def _connect(self, *, timeout: float | None) -> http.client.HTTPSConnection:
        return http.client.HTTPSConnection(
            str(self._address.hostname),
            self._address.port,
            context=self._context,
            timeout=timeout,
        )


def path_of(collection: str, item: Mapping[str, Any]) -> str:
    """The path of an object, by that of all objects of its kind in all namespaces."""
    base, _, plural = collection.rpartition("/")
    metadata = item["metadata"]
    namespace = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{base}{namespace}/{plural}/{metadata['name']}"


def attempt(action: Callable[..., None], *arguments: object) -> None:
    """Do something to an object that may have gone or changed meanwhile: the next round sees.

    Raises:
        ClientError: If it fails for another reason.
    """
    try:
        action(*arguments)
    except ClientError as error:
        if error.code not in _GONE_MEANWHILE:
            raise
        if error.code == 422:
            _log.warning("%s", error)
