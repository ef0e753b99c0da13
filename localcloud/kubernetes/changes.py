"""Tells of changes in a cluster, by watching the kinds that matter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final

from localcloud.kubernetes.client import Client, ClientError

_AGAIN_SECONDS: Final = 1.0


class Changes:
    """Watches lists, a thread for each, and sets an event at every change.

    Args:
        client: Makes a client.
        paths: The lists. One of a kind that does not exist yet is tried again at every change of
            another: the CRD that defines it should be among them.

    Attributes:
        changed: Is set when something changed.
    """

    def __init__(self, client: Callable[[], Client], paths: Iterable[str]) -> None:
        self.changed = threading.Event()
        self._count = 0
        self._news = threading.Condition()
        self._stopping = threading.Event()
        for path in paths:
            threading.Thread(
                target=self._watch, args=(client(), path), name=f"watch {path}", daemon=True
            ).start()

    def stop(self) -> None:
        """Watch no more; what waits for the API ends with it."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()

    def _watch(self, client: Client, path: str) -> None:
        while not self._stopping.is_set():
            seen = self._count
            try:
                for _ in client.watch(path):
                    if self._stopping.is_set():
                        return
                    self._tell()
            except ClientError as error:
                if error.code == 404:
                    self._wait_for_more_than(seen)
            # What a CRD defines is served a moment after the CRD says so.
            self._stopping.wait(_AGAIN_SECONDS)

    def _tell(self) -> None:
        self.changed.set()
        with self._news:
            self._count += 1
            self._news.notify_all()

    def _wait_for_more_than(self, seen: int) -> None:
        with self._news:
            self._news.wait_for(lambda: self._stopping.is_set() or self._count > seen)
