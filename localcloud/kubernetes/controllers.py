"""The loop of the stand-ins for controllers: it looks again whenever something changed."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from localcloud.kubernetes.client import ClientError

Reconcile: TypeAlias = Callable[[], None]
"""Looks at the cluster, and does what is to be done; raises `ClientError` if that fails."""

_TOGETHER_SECONDS: Final = 0.2
"""What changes within this time is looked at once."""

_AGAIN_SECONDS: Final = 1.0
_PASSING: Final = frozenset({0, 404, 409, 422, 429, 503})
_log = logging.getLogger(__name__)


class Controllers:
    """Reconciles a cluster after every change, in a thread of its own; at rest it sleeps.

    Args:
        parts: What to do, in this order; used by this thread only.
        changed: Set by whoever knows of a change.
    """

    def __init__(self, parts: Sequence[Reconcile], changed: threading.Event) -> None:
        self._parts = parts
        self._changed = changed
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="controllers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Reconcile no more."""
        self._stopping = True
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        pause: float | None = None
        while True:
            self._changed.wait(pause)
            if self._stopping:
                return
            self._changed.clear()
            # What failed is tried again, even if nothing changes.
            pause = None if self._reconcile() else _AGAIN_SECONDS
            threading.Event().wait(_TOGETHER_SECONDS)

    def _reconcile(self) -> bool:
        done = True
        for part in self._parts:
            # One that fails must not keep the others from their work.
            try:
                part()
            except ClientError as error:
                done = False
                # An outage, or an object that changed meanwhile: the next round sees.
                if error.code not in _PASSING:
                    _log.warning("controllers: %s", error)
            except Exception:
                done = False
                _log.exception("controllers")
        return done
