"""The local cloud's controllers ask again where an API server tells them to."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from localcloud.kubernetes.certificates import Authority
from localcloud.kubernetes.client import Client, ClientError

AUTHORITY = Authority()


class Busy(BaseHTTPRequestHandler):
    """Too busy for as many requests as the path says."""

    protocol_version = "HTTP/1.1"
    seen = 0

    def do_GET(self) -> None:
        Busy.seen += 1
        busy = Busy.seen <= int(self.path.removeprefix("/"))
        self.send_response(429 if busy else 200)
        if busy:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def client() -> Iterator[Client]:
    Busy.seen = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Busy)
    server.socket = AUTHORITY.loopback.server_context().wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client = Client(f"https://127.0.0.1:{server.server_port}", AUTHORITY.certificate, "token")
    yield client
    client.close()
    server.shutdown()
    server.server_close()


def test_a_busy_server_is_asked_again(client: Client) -> None:
    assert client.get("/3") == {}
    assert Busy.seen == 4


def test_a_server_that_stays_busy_is_a_failure(client: Client) -> None:
    with pytest.raises(ClientError) as caught:
        client.get("/100")
    assert caught.value.code == 429
