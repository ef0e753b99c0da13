"""Servers that sleep while nobody calls."""

from __future__ import annotations

import contextlib
import logging
import socket
import sys
import threading
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

_log = logging.getLogger(__name__)


class Listening(ThreadingMixIn, TCPServer):
    """A server with a thread for each connection; put it before the server to be.

    `serve_forever` would look twice a second whether it should end; this one is woken for that.
    """

    daemon_threads = True
    # Who ends the server ends the connections; their threads then end by themselves.
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 128

    def start(self, name: str) -> None:
        """Serve in a thread of a name, until `end`."""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=name, daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Listen no more; a second time does nothing."""
        if self.is_ending:
            return
        self._ending.set()
        with contextlib.suppress(OSError), socket.socket(self.address_family) as last:
            last.connect(self.server_address)
        self._thread.join()
        self.server_close()

    @property
    def is_ending(self) -> bool:
        """Whether `end` was called."""
        return self._ending.is_set()

    def verify_request(self, request: Any, client_address: Any) -> bool:  # noqa: ARG002
        """Serve nobody any more once it ends, least of all the connection that says so."""
        return not self.is_ending

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Log a mistake; a client that goes away, or does not trust the certificate, is none."""
        if not isinstance(sys.exception(), OSError):
            _log.exception("%s: a call failed", self._thread.name)

    def _serve(self) -> None:
        while not self.is_ending:
            self.handle_request()
