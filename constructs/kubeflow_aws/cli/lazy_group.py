"""A group of commands each of which is imported when somebody runs it, and no earlier."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A command, before its module is imported.

    Attributes:
        name: What people type.
        module: The module below `kubeflow_aws.cli` whose `command` it is: a function, or an app
            with commands of its own.
        help: What it does, in one line: the first of its own help.
        panel: The heading under which the help lists it.
    """

    name: str
    module: str
    help: str
    panel: str

    def load(self) -> Any:
        """The command itself."""
        found = importlib.import_module(f"kubeflow_aws.cli.{self.module}").command
        if isinstance(found, typer.Typer):
            command = typer.main.get_command(found)
        else:
            app = typer.Typer(
                add_completion=False, rich_markup_mode="markdown", pretty_exceptions_enable=False
            )
            app.command(self.name)(found)
            command = typer.main.get_command(app)
        command.name = self.name
        return command


class LazyGroup(TyperGroup):
    """Lists entries in their order, and loads the one that is run.

    Attributes:
        entries: By name.
    """

    entries: Mapping[str, Entry] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        # What the help and the shell's completion say of them.
        self.commands = {
            name: TyperCommand(name, help=entry.help, rich_help_panel=entry.panel)
            for name, entry in self.entries.items()
        }

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is run, imported now."""
        name, found, rest = super().resolve_command(ctx, args)
        return name, found and self.entries[str(found.name)].load(), rest
