"""Callers of what is in the cluster that do not say what they want."""

from __future__ import annotations

import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from localcloud.kubernetes.certificates import Authority
from localcloud.kubernetes.client import Client
from localcloud.kubernetes.in_cluster import InCluster

AUTHORITY = Authority()


class Ready:
    """An API that shows one Service, with a ready pod."""

    def items(self, path: str) -> list[dict[str, Any]]:
        if path.startswith("/api/v1/services"):
            return [{"metadata": {"name": "web", "namespace": "one"}}]
        return [{"endpoints": [{"conditions": {"ready": True}}]}]

    def close(self) -> None:
        """There is no connection."""


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    # A socket's path may not be long.
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "in-cluster.sock")
        in_cluster = InCluster(AUTHORITY, cast("Client", Ready()), file)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(20)
            connection.connect(str(file))
            yield connection
        in_cluster.stop()


@pytest.fixture
def mistakes(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What the server logs of its own mistakes."""
    caplog.set_level("WARNING", "localcloud")
    return caplog


def end(connection: socket.socket) -> None:
    """Say nothing more, and wait until the server has nothing to say either."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(100):
        pass


@pytest.fixture
def others() -> set[threading.Thread]:
    """Threads of other servers in this process, which may go on."""
    return set(threading.enumerate())


def wait_for_servers(others: set[threading.Thread]) -> None:
    for thread in set(threading.enumerate()) - others:
        if "process_request_thread" in thread.name:
            thread.join(20)


@pytest.mark.parametrize("said", [b"", b"\r\n", b"CONNECT\r\n\r\n", b"\xff\r\n\r\n"])
def test_who_asks_for_nothing_gets_nothing(
    others: set[threading.Thread],
    connection: socket.socket,
    mistakes: pytest.LogCaptureFixture,
    said: bytes,
) -> None:
    connection.sendall(said)
    end(connection)
    wait_for_servers(others)
    assert mistakes.text == ""


def test_a_webhook_that_is_asked_nothing_answers_nothing(
    others: set[threading.Thread], connection: socket.socket, mistakes: pytest.LogCaptureFixture
) -> None:
    connection.sendall(b"CONNECT 10.100.0.9:443 HTTP/1.1\r\n\r\n")
    assert b" 200 " in connection.recv(100)
    context = ssl.create_default_context(cadata=AUTHORITY.certificate)
    with context.wrap_socket(connection, server_hostname="web.one.svc") as secure:
        secure.sendall(b"\r\n\r\n")
        assert secure.recv(100) == b""
    wait_for_servers(others)
    assert mistakes.text == ""
