"""Where custom resources answer: the emulated end of a pre-signed URL."""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Final

from localcloud.kubernetes.listening import Listening

HOST: Final = "cfn-response.localhost"
MAX_BYTES: Final = 4096
"""AWS CloudFormation User Guide, "Custom resource response objects"."""


@dataclass(kw_only=True, eq=False, slots=True)
class Callback:
    """One answer that is waited for.

    Attributes:
        token: Part of the URL.
        answered: Set when there is an answer, or when there will be none.
        answer: The response object, once it is there.
        error: Why there is no usable answer.
    """

    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    answered: threading.Event = field(default_factory=threading.Event)
    answer: Mapping[str, Any] | None = None
    error: str | None = None


class Callbacks:
    """A server on loopback that takes the answers of custom resources."""

    def __init__(self) -> None:
        self._issued: set[str] = set()
        self._waiting: dict[str, Callback] = {}
        callbacks = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:  # the name that the base class calls
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                known = callbacks._take(self.path.strip("/").split("?")[0], body)
                self.send_response(200 if known else 403)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Answers are shown as stack events."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.start("callbacks")

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def expect(self) -> Callback:
        """Wait for one more answer from now on."""
        callback = Callback()
        self._issued.add(callback.token)
        self._waiting[callback.token] = callback
        return callback

    def forget(self, callback: Callback) -> None:
        """Take no notice of an answer that comes from now on."""
        self._waiting.pop(callback.token, None)

    def stop(self) -> None:
        """Listen no longer."""
        self._server.end()

    def _take(self, token: str, body: bytes) -> bool:
        """Whether an answer is taken: late ones are, as S3 takes them until the URL expires."""
        callback = self._waiting.get(token)
        if callback is None:
            return token in self._issued
        if len(body) > MAX_BYTES:
            callback.error = (
                f"Response object is too long: {len(body)} bytes, {MAX_BYTES} are allowed."
            )
        else:
            try:
                callback.answer = json.loads(body)
            except ValueError:
                callback.error = "Invalid Custom Resource response: not JSON"
        callback.answered.set()
        return True


class _Server(Listening, HTTPServer):
    pass
