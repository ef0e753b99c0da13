"""Notebooks' kernels talk over websockets: checked when they are opened."""

from __future__ import annotations

import socket

from tests.gateway.attacks import Forge
from tests.gateway.backend import Headers, send
from tests.gateway.conftest import HOST, Gateway, Keys

UPGRADE: Headers = [
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
]
FRAME = b"\x81\x85\x01\x02\x03\x04iggh~"


def test_without_a_token_no_websocket_is_opened(gateway: Gateway) -> None:
    headers = [*UPGRADE, ("kubeflow-userid", "alice@example.com")]

    assert send(gateway.port, headers).status == 403


def test_with_one_it_is_and_the_notebook_knows_the_user(
    gateway: Gateway, keys: Keys, client_id: str, machine_id: str
) -> None:
    token = Forge(keys, client_id, machine_id).token("alice")
    headers = [*UPGRADE, ("connection", "Upgrade"), ("x-amzn-oidc-accesstoken", token)]
    lines = [f"{name}: {value}" for name, value in headers]
    text = "\r\n".join(["GET /api/kernels HTTP/1.1", f"host: {HOST}", *lines, "", ""])

    with socket.create_connection(("127.0.0.1", gateway.port), timeout=20) as connection:
        connection.sendall(text.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += connection.recv(1)
        connection.sendall(FRAME)
        echoed = connection.recv(64)

    assert head.startswith(b"HTTP/1.1 101 ")
    assert echoed == FRAME
    assert gateway.backend.requests[-1].values("kubeflow-userid") == ["alice@example.com"]
