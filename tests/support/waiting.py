"""Waits for what other programs bring about."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(missing: Callable[[], object], seconds: float = 120) -> None:
    """Wait until nothing is missing.

    Args:
        missing: What is still missing, for the failure to say; empty or false in the end.
        seconds: The longest that it may take.
    """
    deadline = time.monotonic() + seconds
    while still := missing():
        assert time.monotonic() < deadline, f"missing after {seconds:g} seconds: {still}"
        time.sleep(0.1)
