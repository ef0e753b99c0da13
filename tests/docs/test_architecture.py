"""The page about the architecture says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]


def test_the_stacks_of_the_picture_are_those_that_are_built_in_the_same_order() -> None:
    page = (PROJECT / "docs" / "architecture.md").read_text()
    told = re.findall(r"^- \*\*(\w+)\*\*:", page.partition("## Stacks")[2], re.MULTILINE)
    made = re.findall(r"site\.(\w+)\(", (PROJECT / "stacks" / "build.py").read_text())
    assert [name.lower() for name in told] == [*made[: made.index("finish")], "delivery"]
