"""The table of resource types that people read."""

from __future__ import annotations

from pathlib import Path

import localcloud
from localcloud.resource_types import coverage_of_all, table_of_all

TABLE = Path(localcloud.__file__).parents[2] / "RESOURCES.md"


def test_the_table_is_what_the_types_say() -> None:
    assert TABLE.read_text(encoding="utf-8") == table_of_all(), (
        "run: python -m localcloud coverage --markdown > localcloud/RESOURCES.md"
    )


def test_the_table_has_a_line_for_each_type() -> None:
    lines = table_of_all().splitlines()
    for row in coverage_of_all():
        assert sum(line.startswith(f"| {row.resource_type} |") for line in lines) == 1
