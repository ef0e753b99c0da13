"""Which tests go to one worker: those that share an app, and those that share a platform.

Only a worker knows the fixtures of its tests, and only the controller divides them, so each worker
leaves a file with the tests that share an app.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from xdist.scheduler import LoadScopeScheduling

FOLDER: Final = pytest.StashKey["TemporaryDirectory[str]"]()
FILE: Final = "shares_an_app"
"""Where a worker is told the path of its file."""

EXPENSIVE: Final = re.compile(r"Assembly|Platform")
"""What fixtures return that render a platform or synthesize an app."""

ON_THE_PLATFORM: Final = (
    "platform/test_placement",
    "platform/test_quota",
    "platform/test_references",
    "platform/test_training",
    "platform/test_upgrades",
)
"""Tests that share the deployed platform, one after another."""


def tell_where(node: Any) -> None:
    """Tell a worker where to leave its file.

    Args:
        node: The worker, of a type of xdist's own.
    """
    stash = node.config.stash
    if FOLDER not in stash:
        stash[FOLDER] = TemporaryDirectory()
        node.config.add_cleanup(stash[FOLDER].cleanup)
    node.workerinput[FILE] = str(Path(stash[FOLDER].name, node.gateway.id))


def leave_file(session: pytest.Session) -> None:
    """Leave the worker's file, if this process is a worker."""
    told: dict[str, str] = getattr(session.config, "workerinput", {})
    if FILE in told:
        shared = [item.nodeid for item in session.items if shares_an_app(item)]
        Path(told[FILE]).write_text(json.dumps(shared), encoding="utf-8")


def shares_an_app(item: pytest.Item) -> bool:
    """Whether a fixture of a test, or of its fixtures, says that it returns something expensive."""
    if not isinstance(item, pytest.Function):
        return False
    fixtures = item._fixtureinfo.name2fixturedefs
    return any(
        EXPENSIVE.search(str(fixtures[name][-1].func.__annotations__.get("return")))
        for name in item.fixturenames
        if name in fixtures
    )


class ByFixtures(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """All tests that share a synthesized app go to one worker; the others fill the second."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._shared: set[str] = set()

    def add_node_collection(self, node: Any, collection: list[str]) -> None:
        """Take the tests of a worker, which has left its file by then."""
        self._shared.update(json.loads(Path(node.workerinput[FILE]).read_text(encoding="utf-8")))
        super().add_node_collection(node, collection)

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.removeprefix("tests/")
        if path.startswith(ON_THE_PLATFORM):
            return "platform"
        if path.startswith("platform/"):
            # The tests of a file share a control plane.
            return path.partition("::")[0]
        if path.startswith("gateway/"):
            return "gateway"
        return "synthesized" if nodeid in self._shared else nodeid
