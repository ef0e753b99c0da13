"""A small Kubernetes API in this process: HTTPS on loopback, objects in memory.

It serves, keeps, merges, lists and deletes what a demo on a machine without a control plane's
programs needs. It has no schemas, defaults, field managers, RBAC, admission, garbage collection or
tables, converts nothing between API versions and reads no protobuf: all that is asked of a real
control plane.
"""

from __future__ import annotations

from localcloud.kubernetes.api import Authenticate
from localcloud.kubernetes.certificates import Authority
from localcloud.kubernetes.http_server import Server
from localcloud.kubernetes.store import Store


class InProcessApi:
    """A Kubernetes API; see `localcloud.kubernetes.api.KubernetesApi`.

    Args:
        version: Of Kubernetes, for example ``1.35``.
        authenticate: Decides about bearer tokens; whoever is known may do everything.
    """

    def __init__(self, version: str, authenticate: Authenticate) -> None:
        self._version = version
        self._authenticate = authenticate
        self._store = Store()
        authority = Authority()
        self._context = authority.loopback.server_context()
        self.ca_certificate = authority.certificate
        self._server = self._listen(0)
        self._port = int(self._server.server_address[1])
        self.url = f"https://127.0.0.1:{self._port}"

    def pause(self) -> None:
        """Refuse connections until `resume`."""
        self._server.end()

    def resume(self) -> None:
        """Listen again on the same port."""
        self._server = self._listen(self._port)

    def stop(self) -> None:
        """Stop for good; a second time does nothing."""
        self._server.end()

    def _listen(self, port: int) -> Server:
        server = Server(port, self._context, self._store, self._version, self._authenticate)
        server.start("kubernetes")
        return server
