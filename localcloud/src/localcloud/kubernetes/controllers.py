"""The loop of the stand-ins for controllers: each looks again when something of its own changed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from localcloud.kubernetes.changes import Changes
from localcloud.kubernetes.client import ClientError

_TOGETHER_SECONDS: Final = 0.2
"""What changes within this time is looked at once."""

_AGAIN_SECONDS: Final = 1.0
_PASSING: Final = frozenset({0, 404, 409, 422, 429, 503})
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What one controller does.

    Attributes:
        reconcile: Looks at the cluster, and does what is to be done; raises `ClientError` if that
            fails.
        watched: The lists whose changes matter to it.
    """

    reconcile: Callable[[], None]
    watched: frozenset[str]


class Controllers:
    """Reconciles a cluster after every change, in a thread of its own; at rest it sleeps.

    Args:
        parts: What to do, in this order; used by this thread only.
        changes: Knows of changes, and ends this when it is stopped.
    """

    def __init__(self, parts: Sequence[Part], changes: Changes) -> None:
        self._parts = parts
        self._changes = changes
        self._thread = threading.Thread(target=self._run, name="controllers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Reconcile no more."""
        self._changes.stop()
        self._thread.join()

    def _run(self) -> None:
        failed: list[Part] = []
        while True:
            # What failed is tried again, even if nothing changes.
            changed = self._changes.take(_AGAIN_SECONDS if failed else None)
            if self._changes.is_stopped:
                return
            due = [part for part in self._parts if part in failed or part.watched & changed]
            # One that fails must not keep the others from their work.
            failed = [part for part in due if not _is_done(part)]
            time.sleep(_TOGETHER_SECONDS)


def _is_done(part: Part) -> bool:
    try:
        part.reconcile()
    except ClientError as error:
        # An outage, or an object that changed meanwhile: the next round sees.
        if error.code not in _PASSING:
            _log.warning("controllers: %s", error)
    except Exception:
        _log.exception("controllers")
    else:
        return True
    return False
