"""How every command prints: tables of 80 columns, whole lines, JSON, and progress beside them."""

from __future__ import annotations

import sys
from typing import Final

from pydantic_core import to_json
from rich.console import Console, RenderableType

WIDTH: Final = 80
"""Columns where there is no terminal: the same in a file, a pipe and a log."""


def page(*, styled: bool = False) -> Console:
    """Where tables and paragraphs go: as wide as the terminal, else 80 columns.

    Args:
        styled: Whether brackets are rich's markup, in cells of tables too.
    """
    console = Console(highlight=False, markup=styled)
    if not console.is_terminal:
        console.width = WIDTH
    return console


def show(content: RenderableType, *, styled: bool = False) -> None:
    """Print a table, or what else rich can draw.

    Args:
        content: What to print.
        styled: Whether brackets in it are rich's markup.
    """
    page(styled=styled).print(content)


def say(line: str, *, styled: bool = False, style: str = "") -> None:
    """Print a line whole, however long it is, so that a command in it can be copied.

    Args:
        line: The line.
        styled: Whether brackets in it are rich's markup.
        style: A style for all of it.
    """
    page(styled=styled).print(line, style=style, soft_wrap=True)


def say_json(command: str, result: object, *, ok: bool = True) -> None:
    """Print what a command found as JSON, in the one shape that all commands have.

    Args:
        command: The command, as somebody types it.
        result: A dataclass, a model, or a list or a mapping of such; the names of its fields are
            those of the JSON.
        ok: Whether all is as it should be: the command ends with 0.
    """
    content = {"command": command, "ok": ok, "result": result}
    sys.stdout.write(f"{to_json(content, indent=2).decode()}\n")


def tell(line: str) -> None:
    """Tell a person how far it is, on standard error."""
    print(line, file=sys.stderr)  # noqa: T201  # progress
