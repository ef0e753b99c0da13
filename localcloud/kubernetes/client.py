"""A client of a Kubernetes API for the parts of the local cloud that play controllers."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT_SECONDS = 30.0
_METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


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

    def metadata_items(self, path: str) -> list[dict[str, Any]]:
        """The items of a list, with their metadata only.

        Raises:
            ClientError: If that fails.
        """
        return list(self._send("GET", path, accept=_METADATA_ONLY).get("items") or [])

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

    def put(self, path: str, item: Mapping[str, Any]) -> None:
        """Replace something.

        Raises:
            ClientError: If that fails.
        """
        self._send("PUT", path, item)

    def delete(self, path: str, uid: str) -> None:
        """Delete an object in the background, if it still has this UID.

        Raises:
            ClientError: If that fails.
        """
        options = {"propagationPolicy": "Background", "preconditions": {"uid": uid}}
        self._send("DELETE", path, options)

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
        accept: str = "application/json",
    ) -> dict[str, Any]:
        headers = {
            "Accept": accept,
            "Authorization": f"Bearer {self._token}",
            "Content-Type": content_type,
            # Without a field manager in the query, this is whose fields are.
            "User-Agent": "localcloud-controllers",
        }
        if self._connection is None:
            self._connection = http.client.HTTPSConnection(
                str(self._address.hostname),
                self._address.port,
                context=self._context,
                timeout=_TIMEOUT_SECONDS,
            )
        try:
            self._connection.request(
                method, path, json.dumps(body) if body is not None else None, headers
            )
            answer = self._connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise ClientError(0, str(error)) from error
        if answer.status >= 400:
            raise ClientError(answer.status, text.decode(errors="replace")[:500])
        document: dict[str, Any] = json.loads(text) if text else {}
        return document
