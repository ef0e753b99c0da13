"""What stands behind the gateway: a server that answers with the very request it got."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
import socket
import threading
from dataclasses import dataclass, field

Headers = list[tuple[str, str]]

_WEBSOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455, section 1.3."""


@dataclass(frozen=True)
class Seen:
    """A request as it reached the backend, header by header.

    Attributes:
        line: Method, path and version.
        headers: Names in lower case, in the order of their arrival.
    """

    line: str
    headers: Headers

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for each, value in self.headers if each == name]


@dataclass
class Backend:
    """The server; `requests` are all that reached it."""

    requests: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.listen(128)
        host, port = self._socket.getsockname()
        self.address: tuple[str, int] = (host, port)
        threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True).start()

    async def _serve(self) -> None:
        server = await asyncio.start_server(self._answer, sock=self._socket, limit=1 << 20)
        async with server:
            await server.serve_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                line, *rest = head.split("\r\n")[:-2]
                headers = [
                    (name.lower(), value.strip())
                    for name, _, value in (each.partition(":") for each in rest)
                ]
                seen = Seen(line, headers)
                self.requests.append(seen)
                await reader.readexactly(int((seen.values("content-length") or ["0"])[0]))
                if seen.values("upgrade") == ["websocket"]:
                    await self._echo(seen, reader, writer)
                    return
                body = _body(seen)
                writer.write(
                    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
                    b"content-length: %d\r\n\r\n%s" % (len(body), body)
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _echo(
        self, seen: Seen, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Accept the websocket and send back the bytes of the first frame, as they came."""
        [key] = seen.values("sec-websocket-key")
        digest = hashlib.sha1((key + _WEBSOCKET).encode()).digest()  # noqa: S324  # RFC 6455
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: Upgrade\r\n"
            b"sec-websocket-accept: %s\r\n\r\n" % base64.b64encode(digest)
        )
        await writer.drain()
        writer.write(await reader.read(64))
        await writer.drain()


def _body(seen: Seen) -> bytes:
    """What Pipelines' API would answer, for its SDK; else the request itself."""
    path = seen.line.split()[1].partition("?")[0]
    if path.endswith("/apis/v2beta1/healthz"):
        return b'{"multi_user": true}'
    if path.endswith("/apis/v2beta1/experiments"):
        [user] = seen.values("kubeflow-userid")
        return json.dumps({"experiments": [{"display_name": f"of {user}"}]}).encode()
    return json.dumps({"line": seen.line, "headers": seen.headers}).encode()


@dataclass(frozen=True)
class Answer:
    """What a client got.

    Attributes:
        status: 0 if the connection was closed without an answer.
        headers: Names in lower case.
        body: As it came.
    """

    status: int
    headers: Headers
    body: bytes

    @property
    def seen(self) -> Seen:
        """The request as the backend answered it."""
        answer = json.loads(self.body)
        return Seen(answer["line"], [(name, value) for name, value in answer["headers"]])

    def values(self, name: str) -> list[str]:
        """All values of a header."""
        return [value for each, value in self.headers if each == name]


def send(
    port: int,
    headers: Headers,
    *,
    method: str = "GET",
    path: str = "/",
    host: str = "kubeflow.platform.example.com",
) -> Answer:
    """Send a request byte by byte: a library would refuse, sort or repair what attackers send."""
    head = [f"{method} {path} HTTP/1.1", f"host: {host}", "connection: close"]
    text = "\r\n".join([*head, *(f"{name}: {value}" for name, value in headers), "", ""])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        # Refused before all of it was read: the answer is there all the same.
        try:
            connection.sendall(text.encode())
            data = _received(connection)
        except ConnectionError:
            data = b""
    if not data:
        return Answer(0, [], b"")
    start, _, body = data.partition(b"\r\n\r\n")
    line, *rest = start.decode("latin-1").split("\r\n")
    pairs = [each.partition(":") for each in rest]
    found = [(name.lower(), value.strip()) for name, _, value in pairs]
    return Answer(int(line.split()[1]), found, body)


def _received(connection: socket.socket) -> bytes:
    """One answer; after refusals Envoy keeps the connection for a second."""
    data = b""
    while chunk := connection.recv(65536):
        data += chunk
        head, end, body = data.partition(b"\r\n\r\n")
        length = re.search(rb"\r\ncontent-length: (\d+)", head)
        if end and length and len(body) >= int(length[1]):
            break
    return data
