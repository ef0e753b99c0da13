"""Runs work in dependency order, side by side where it can."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

_WORKERS: Final = 16


def run_in_order(
    dependencies: Mapping[str, frozenset[str]],
    work: Callable[[str], None],
    *,
    go_on: bool,
    cancelled: threading.Event,
) -> dict[str, Exception]:
    """Call `work` for each name, after its dependencies have ended well.

    Args:
        dependencies: For each name, what comes before it; names that are no keys do not count.
        work: Does one thing; an exception is a failure.
        go_on: After a failure, whether to go on with what does not depend on it. If not,
            `cancelled` is set so that what is under way may end early.
        cancelled: Set by this function or from outside; nothing new begins after it.

    Returns:
        The failures by name. What depends on a failure was not begun.
    """
    waiting = {name: set(before & dependencies.keys()) for name, before in dependencies.items()}
    running: dict[Future[None], str] = {}
    failures: dict[str, Exception] = {}
    with ThreadPoolExecutor(_WORKERS, thread_name_prefix="stack") as pool:
        while waiting or running:
            ready = [name for name, before in waiting.items() if not before]
            if cancelled.is_set():
                ready = []
            for name in ready:
                del waiting[name]
                running[pool.submit(work, name)] = name
            if not running:
                break
            ended, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                name = running.pop(future)
                error = future.exception()
                if error is None:
                    for before in waiting.values():
                        before.discard(name)
                elif isinstance(error, Exception):
                    failures[name] = error
                    if not go_on:
                        cancelled.set()
                else:
                    raise error
    return failures


def reversed_order(dependencies: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """The same graph the other way round: what was first is last."""
    after: dict[str, set[str]] = {name: set() for name in dependencies}
    for name, before in dependencies.items():
        for other in before & dependencies.keys():
            after[other].add(name)
    return {name: frozenset(others) for name, others in after.items()}
