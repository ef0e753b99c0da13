"""Tells of changes in a cluster, by watching the kinds that matter."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Final

from localcloud.kubernetes.client import Client, ClientError

_AGAIN_SECONDS: Final = 1.0


class Changes:
    """Watches lists, a thread for each, and knows which have changed since somebody asked.

    Args:
        client: Makes a client.
        paths: The lists. One of a kind that does not exist yet is tried again at every change of
            another: the CRD that defines it should be among them.
    """

    def __init__(self, client: Callable[[], Client], paths: Iterable[str]) -> None:
        self._count = 0
        self._changed: set[str] = set()
        self._news = threading.Condition()
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(
                target=self._watch, args=(client(), path), name=f"watch {path}", daemon=True
            )
            for path in paths
        ]
        for thread in self._threads:
            thread.start()

    def take(self, seconds: float | None = None) -> frozenset[str]:
        """Wait for a change; returns the lists that have changed since the last time.

        Args:
            seconds: How long to wait; None for ever. Then there is none, nor once it is stopped.
        """
        with self._news:
            self._news.wait_for(lambda: self.is_stopped or self._changed, seconds)
            changed = frozenset(self._changed)
            self._changed.clear()
            return changed

    @property
    def is_stopped(self) -> bool:
        """Whether nothing more will come."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Watch no more; what waits for the API ends with it."""
        self._stopping.set()
        with self._news:
            self._news.notify_all()

    def join(self) -> None:
        """Return when nothing watches any more; the API must have ended, too."""
        for thread in self._threads:
            thread.join()

    def _watch(self, client: Client, path: str) -> None:
        while not self.is_stopped:
            seen = self._count
            try:
                for _ in client.watch(path):
                    if self.is_stopped:
                        return
                    self._tell(path)
            except ClientError as error:
                if error.code == 404:
                    self._wait_for_more_than(seen)
            # What a CRD defines is served a moment after the CRD says so.
            self._stopping.wait(_AGAIN_SECONDS)

    def _tell(self, path: str) -> None:
        with self._news:
            self._changed.add(path)
            self._count += 1
            self._news.notify_all()

    def _wait_for_more_than(self, seen: int) -> None:
        with self._news:
            self._news.wait_for(lambda: self.is_stopped or self._count > seen)
