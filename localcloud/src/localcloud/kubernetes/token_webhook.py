"""The endpoint that a kube-apiserver asks about bearer tokens, as EKS's asks IAM."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import yaml

from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.listening import Listening


class TokenWebhook:
    """Answers ``TokenReview``s on loopback; whoever is known is in ``system:masters``.

    Args:
        authenticate: Decides.
    """

    def __init__(self, authenticate: Authenticate) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                review = json.loads(self.rfile.read(int(self.headers["content-length"])))
                user = authenticate(review["spec"]["token"])
                status = (
                    {
                        "authenticated": True,
                        "user": {"username": user, "groups": ["system:masters"]},
                    }
                    if user
                    else {"authenticated": False}
                )
                body = json.dumps({**review, "status": status}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """The API server tells what it refuses."""

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.start("token webhook")

    def write_config(self, file: Path) -> None:
        """Write the file for ``--authentication-token-webhook-config-file``."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "localcloud", "cluster": {"server": url}}],
            "users": [{"name": "kube-apiserver"}],
            "contexts": [
                {
                    "name": "webhook",
                    "context": {"cluster": "localcloud", "user": "kube-apiserver"},
                }
            ],
            "current-context": "webhook",
        }
        file.write_text(yaml.safe_dump(config))

    def stop(self) -> None:
        """Answer no more."""
        self._server.end()


class _Server(Listening, HTTPServer):
    pass
