"""boto3 clients of the emulated services."""

from __future__ import annotations

import threading
from typing import Any, Final

import boto3
from botocore.config import Config

ACCOUNT: Final = "123456789012"
"""The account that moto gives to credentials that it does not know."""

_CONFIG: Final = Config(
    # A failure of moto must be seen, not tried again until it looks like a success.
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    max_pool_connections=32,
)


class EmulatedClients:
    """Makes clients for one endpoint, one for each service and region.

    Args:
        endpoint: URL of the emulated AWS.
    """

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._session = boto3.Session(
            aws_access_key_id="localcloud",
            aws_secret_access_key="localcloud",  # noqa: S106  # moto takes any
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()

    def client(self, service: str, region: str) -> Any:
        """A boto3 client; boto3 makes these classes at run time, so there is no type to name."""
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._session.client(
                    service, region_name=region, endpoint_url=self._endpoint, config=_CONFIG
                )
            return self._clients[service, region]

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            for client in self._clients.values():
                client.close()
            self._clients.clear()
