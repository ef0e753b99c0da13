"""Tells of changes in a cluster, by watching the kinds that matter."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from typing import Final

from localcloud.kubernetes.client import Client, ClientError

_AGAIN_SECONDS: Final = 1.0


class Changes:
    """Watches lists, a thread for each, and sets an event at every change.

    Args:
        client: Makes a client.
        paths: The lists. One of a kind that does not exist yet is tried until it does.

    Attributes:
        changed: Is set when something changed.
    """

    def __init__(self, client: Callable[[], Client], paths: Iterable[str]) -> None:
        self.changed = threading.Event()
        self._stopping = threading.Event()
        for path in paths:
            threading.Thread(
                target=self._watch, args=(client(), path), name=f"watch {path}", daemon=True
            ).start()

    def stop(self) -> None:
        """Watch no more; what waits for the API ends with it."""
        self._stopping.set()

    def _watch(self, client: Client, path: str) -> None:
        while not self._stopping.is_set():
            with contextlib.suppress(ClientError):
                for _ in client.watch(path):
                    if self._stopping.is_set():
                        return
                    self.changed.set()
            self._stopping.wait(_AGAIN_SECONDS)
