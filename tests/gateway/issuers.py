"""The issuers of tokens on the internet, as istiod finds them through a forward proxy."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tests.gateway.serving import certificate

DISCOVERY = "/.well-known/openid-configuration"


class Issuers:
    """Answers in the place of every issuer, with its discovery document and its keys.

    The objects stay as they are applied: it is only the way to the issuers that leads here.

    Args:
        keys: JSON Web Key Set by the address where it is.
        folder: Takes the certificates.

    Attributes:
        answer: Whether there are answers, or an outage.
        asked: Every address that was asked for, in the order of the requests.
        authority: The file of the certificates that istiod has to trust.
        proxy: The address of the forward proxy.
    """

    def __init__(self, keys: Mapping[str, str], folder: Path) -> None:
        self.answer = True
        self.asked: list[str] = []
        self.authority = folder / "authorities.pem"
        documents = {
            issuer_of(address) + DISCOVERY: json.dumps({"jwks_uri": address}) for address in keys
        }
        self._answers = {**documents, **keys}
        self._contexts: dict[str, ssl.SSLContext] = {}
        trusted = []
        for host in sorted({str(urlsplit(address).hostname) for address in keys}):
            own_folder = folder / host
            own_folder.mkdir(parents=True)
            self._contexts[host], chain = certificate(host, own_folder)
            trusted.append(chain.read_text())
        self.authority.write_text("\n".join(trusted))
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0)
        )
        host, port = self._server.sockets[0].getsockname()
        self.proxy = f"http://{host}:{port}"
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            method, address, _ = (await _first_line(reader)).split()
            if method == "CONNECT":
                # HOST:443, and within the tunnel a request for one path.
                host = address.rpartition(":")[0]
                if host not in self._contexts:
                    writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
                    return
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
                await writer.start_tls(self._contexts[host])
                address = f"https://{host}{(await _first_line(reader)).split()[1]}"
            self.asked.append(address)
            text = self._answers.get(address) if self.answer else None
            body = (text or "").encode()
            status = "404 Not Found" if text is None else "200 OK"
            head = f"HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
            writer.write(head.encode() + body)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()


def issuer_of(address: str) -> str:
    """Whose keys are at an address."""
    return address.removesuffix("/.well-known/jwks.json").removesuffix("/keys")


async def _first_line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n\r\n")).decode().partition("\r\n")[0]
