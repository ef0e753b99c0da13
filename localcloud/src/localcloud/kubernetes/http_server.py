"""Serves a store as Kubernetes' HTTP API."""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import ssl
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from localcloud.kubernetes import openapi
from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.handlers import answer
from localcloud.kubernetes.listening import Listening
from localcloud.kubernetes.requests import parse_request
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.store import Store
from localcloud.kubernetes.watching import Watch

_OPEN_PATHS: Final = frozenset({"/healthz", "/livez", "/readyz", "/version"})
_WATCH_SECONDS: Final = 300.0
_log = logging.getLogger(__name__)


class Server(Listening, HTTPServer):
    """Listens on loopback.

    Args:
        port: 0 for any free one.
        context: For TLS.
        store: What is served.
        version: Of Kubernetes, for example ``1.35``.
        authenticate: Decides about bearer tokens.
    """

    def __init__(
        self,
        port: int,
        context: ssl.SSLContext,
        store: Store,
        version: str,
        authenticate: Authenticate,
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        # The handshake is made in the connection's thread, so that a slow client holds up none.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.store = store
        self.version = version
        self.authenticate = authenticate
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Keep a connection in mind, and serve it."""
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection."""
        self._connections.discard(request)
        super().shutdown_request(request)

    def end(self) -> None:
        """Refuse connections, and end those that there are."""
        super().end()
        with self.store.objects.changed:
            self.store.objects.changed.notify_all()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def log_message(self, *_: object) -> None:
        """Thousands of requests are no news."""

    def do_GET(self) -> None:  # the names that the base class calls
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_PATCH(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        try:
            self._answer(body)
        except ApiError as error:
            self._send(error.code, error.status)
        except OSError:
            raise  # the client is gone
        except Exception as error:
            _log.exception("%s %s", self.command, self.path)
            failure = ApiError(500, "InternalError", f"Internal error occurred: {error!r}")
            self._send(failure.code, failure.status)

    def _answer(self, body: bytes) -> None:
        path = urlsplit(self.path).path.rstrip("/") or "/"
        if path not in _OPEN_PATHS:
            self._check_token()
        if path == "/openapi/v2":
            self._send_bytes(200, openapi.V2, openapi.V2_TYPE)
            return
        document = self._document(path)
        if document is not None:
            self._send(200, document)
            return
        request = parse_request(
            self.command,
            self.path,
            content_type=self.headers.get("content-type") or "application/json",
            body=body,
        )
        if request.method == "GET" and request.query.get("watch") in {"1", "true"}:
            seconds = float(request.query.get("timeoutSeconds") or _WATCH_SECONDS)
            self._stream(Watch(self.server.store, request), min(seconds, _WATCH_SECONDS))
            return
        self._send(*answer(self.server.store, request))

    def _check_token(self) -> None:
        scheme, _, token = (self.headers.get("authorization") or "").partition(" ")
        if scheme != "Bearer" or self.server.authenticate(token) is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")

    def _document(self, path: str) -> Any:
        """What there is besides objects: versions, health, discovery and OpenAPI."""
        kinds = self.server.store.kinds
        with self.server.store.objects.changed:
            match path.strip("/").split("/"):
                case ["healthz" | "livez" | "readyz"]:
                    return {"status": "ok"}
                case ["version"]:
                    major, minor = self.server.version.split(".")
                    return {
                        "major": major,
                        "minor": minor,
                        "gitVersion": f"v{self.server.version}.0-localcloud",
                        "platform": "linux/amd64",
                    }
                case ["api"]:
                    return {"kind": "APIVersions", "versions": ["v1"]}
                case ["api", "v1"]:
                    return kinds.resources("", "v1")
                case ["apis"]:
                    return kinds.groups()
                case ["apis", group, version]:
                    return kinds.resources(group, version)
                case ["openapi", "v3"]:
                    return openapi.index(kinds)
                case ["openapi", "v3", *rest]:
                    return openapi.document(kinds, "/".join(rest))
        return None

    def _send(self, code: int, document: Any) -> None:
        body = json.dumps(document, separators=(",", ":")).encode()
        self._send_bytes(code, body, "application/json")

    def _send_bytes(self, code: int, body: bytes, content_type: str) -> None:
        self.send_response(code)
        self.send_header("content-type", content_type)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, watch: Watch, seconds: float) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in watch.events(seconds, lambda: self.server.is_ending):
            self._chunk(event)
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, event: Mapping[str, Any]) -> None:
        line = json.dumps(event, separators=(",", ":")).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()
