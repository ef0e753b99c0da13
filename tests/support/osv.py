"""A small server that speaks the documented form of osv.dev: querybatch and vulns."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Database:
    """What the server knows, and what it was asked.

    Attributes:
        affected: Ids of advisories by package and version, in pages.
        advisories: Aliases and summary by id.
        broken: What it answers to everything instead, if anything.
        questions: The bodies of the questions.
    """

    affected: dict[tuple[str, str], list[list[str]]] = field(default_factory=dict)
    advisories: dict[str, dict[str, Any]] = field(default_factory=dict)
    broken: bytes | None = None
    questions: list[Any] = field(default_factory=list)

    def result(self, query: dict[str, Any]) -> dict[str, Any]:
        """The answer to one question of a batch."""
        pages = self.affected.get((query["package"]["name"], query["version"]), [])
        number = int(query.get("page_token") or 0)
        if number >= len(pages):
            return {}
        found = {"vulns": [{"id": each, "modified": "2026-11-30"} for each in pages[number]]}
        if number + 1 < len(pages):
            return {**found, "next_page_token": str(number + 1)}
        return found


@contextlib.contextmanager
def serve(database: Database) -> Iterator[str]:
    """Serve a database on this machine; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            assert self.path == "/v1/querybatch"
            database.questions.append(body)
            self.answer({"results": [database.result(each) for each in body["queries"]]})

        def do_GET(self) -> None:
            name = self.path.removeprefix("/v1/vulns/")
            self.answer({"id": name, **database.advisories[name]})

        def answer(self, content: Any) -> None:
            body = database.broken or json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
