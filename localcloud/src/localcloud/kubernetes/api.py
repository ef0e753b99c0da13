"""What the local cloud needs of a Kubernetes API, whichever of the two it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

Authenticate: TypeAlias = Callable[[str], str | None]
"""From a bearer token to a user name; None refuses the token (HTTP 401)."""


class KubernetesApi(Protocol):
    """A running Kubernetes API on loopback."""

    @property
    def url(self) -> str:
        """``https://127.0.0.1:PORT``."""

    @property
    def ca_certificate(self) -> str:
        """The CA that signed its certificate, in PEM."""

    def pause(self) -> None:
        """Answer no request until `resume`, as in an outage: connections are refused."""

    def resume(self) -> None:
        """End an outage, at the same URL and with all objects."""

    def stop(self) -> None:
        """Stop for good; no process, port or file stays behind."""
