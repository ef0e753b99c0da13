"""The table of what leads out of a profile names what shows it, and misses no attack."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.platform.tenancy import attacks, walls

NAME = re.compile(r"`([^`]+)`")


def rows(page: str) -> Iterator[list[str]]:
    """The cells of the table, without its head."""
    _, _, rest = page.partition("\n## What leads out of a profile, and what stops it\n")
    table = [
        line for line in rest.partition("\nWhat stays open")[0].splitlines() if line[:1] == "|"
    ]
    for line in table[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def names_of_tests(project: Path) -> set[str]:
    """The names of all tests."""
    return {
        node.name
        for file in (project / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_every_row_is_shown_by_what_is_there(project: Path) -> None:
    page = (project / "docs" / "security.md").read_text(encoding="utf-8")
    there = {str(each) for each in [*attacks(), *walls()]} | names_of_tests(project)
    found = list(rows(page))

    assert len(found) > 20
    for who, tries, stopped, shown in found:
        assert "" not in (who, tries, stopped)
        assert NAME.findall(shown)
        assert set(NAME.findall(shown)) <= there, tries


def test_every_attack_has_its_row(project: Path) -> None:
    page = (project / "docs" / "security.md").read_text(encoding="utf-8")
    named = Counter(name for row in rows(page) for name in NAME.findall(row[-1]) if "/" in name)

    assert named == Counter(str(each) for each in [*attacks(), *walls()])
