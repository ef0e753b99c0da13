"""A small Kubernetes API in this process: HTTPS on loopback, objects in memory.

It has no RBAC, no admission webhooks and no conversion between API versions.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import urlsplit

from localcloud.kubernetes import openapi
from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.certificates import loopback_certificate
from localcloud.kubernetes.handlers import answer
from localcloud.kubernetes.requests import ResourceRequest, parse_request
from localcloud.kubernetes.selectors import fields_match, labels_match
from localcloud.kubernetes.status import ApiError
from localcloud.kubernetes.store import Store

_OPEN_PATHS: Final = frozenset({"/healthz", "/livez", "/readyz", "/version"})
_WATCH_SECONDS: Final = 300.0


class InProcessApi:
    """A Kubernetes API; see `localcloud.kubernetes.api.KubernetesApi`.

    Args:
        version: Of Kubernetes, for example ``1.35``.
        authenticate: Decides about bearer tokens; whoever is known may do everything.
    """

    def __init__(self, version: str, authenticate: Authenticate) -> None:
        self._version = version
        self._authenticate = authenticate
        self._store = Store(version)
        self._certificate = loopback_certificate()
        self._context = self._certificate.server_context()
        self.ca_certificate = self._certificate.ca_certificate
        self._server = self._listen(0)
        self._port = int(self._server.server_address[1])
        self.url = f"https://127.0.0.1:{self._port}"

    def pause(self) -> None:
        """Refuse connections until `resume`."""
        self._server.stop()

    def resume(self) -> None:
        """Listen again on the same port."""
        self._server = self._listen(self._port)

    def stop(self) -> None:
        """Stop for good."""
        self._server.stop()

    def _listen(self, port: int) -> _Server:
        server = _Server(port, self._context, self._store, self._version, self._authenticate)
        threading.Thread(
            target=server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="kubernetes",
            daemon=True,
        ).start()
        return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

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
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

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
            path = urlsplit(self.path).path.rstrip("/") or "/"
            if path not in _OPEN_PATHS:
                self._check_token()
            document = self._document(path)
            if document is not None:
                self._send(200, document)
                return
            request = parse_request(
                self.command,
                self.path,
                content_type=self.headers.get("content-type") or "application/json",
                body=body,
                user_agent=self.headers.get("user-agent") or "unknown",
            )
            if request is None:
                raise ApiError(404, "NotFound", "the server could not find the requested resource")
            if request.method == "GET" and request.query.get("watch") in {"1", "true"}:
                self._watch(request)
                return
            self._send(*answer(self.server.store, request))
        except ApiError as error:
            self._send(error.code, error.status)

    def _check_token(self) -> None:
        scheme, _, token = (self.headers.get("authorization") or "").partition(" ")
        if scheme != "Bearer" or self.server.authenticate(token) is None:
            raise ApiError(401, "Unauthorized", "Unauthorized")

    def _document(self, path: str) -> Any:
        kinds = self.server.store.kinds
        with self.server.store.changed:
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
        self.send_response(code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _watch(self, request: ResourceRequest) -> None:
        store = self.server.store
        seconds = min(float(request.query.get("timeoutSeconds") or _WATCH_SECONDS), _WATCH_SECONDS)
        with store.changed:
            kind = store.kinds.find(request.group, request.version, request.plural)
            fields = request.query.get("fieldSelector", "")
            if request.name:
                fields = f"metadata.name={request.name}"
            labels = request.query.get("labelSelector", "")
            revision = int(request.query.get("resourceVersion") or 0)
            known, now = store.listed(kind, request.namespace, labels=labels, fields=fields)
            initial = revision == 0
            if not initial:
                store.changes_since(revision)
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if initial:
            for item in known:
                self._event("ADDED", item)
            revision = now
            if request.query.get("sendInitialEvents") == "true":
                self._bookmark(kind.kind, kind.api_version, revision)
        self._follow(request, kind.key, revision, seconds, labels, fields)
        self.wfile.write(b"0\r\n\r\n")

    def _follow(
        self,
        request: ResourceRequest,
        key: tuple[str, str],
        revision: int,
        seconds: float,
        labels: str,
        fields: str,
    ) -> None:
        store = self.server.store
        waited = 0.0
        while waited < seconds and not self.server.stopping.is_set():
            with store.changed:
                if store.revision == revision:
                    store.changed.wait(0.5)
                    waited += 0.5
                changes, revision = store.changes_since(revision)
            for change in changes:
                if (
                    change.key[:2] == key
                    and request.namespace in {"", change.key.namespace}
                    and labels_match(change.item, labels)
                    and fields_match(change.item, fields)
                ):
                    self._event(change.type, dict(change.item))

    def _bookmark(self, kind: str, api_version: str, revision: int) -> None:
        metadata = {
            "resourceVersion": str(revision),
            "annotations": {"k8s.io/initial-events-end": "true"},
        }
        self._event("BOOKMARK", {"kind": kind, "apiVersion": api_version, "metadata": metadata})

    def _event(self, kind: str, item: dict[str, Any]) -> None:
        line = json.dumps({"type": kind, "object": item}, separators=(",", ":")).encode() + b"\n"
        self.wfile.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
        self.wfile.flush()
