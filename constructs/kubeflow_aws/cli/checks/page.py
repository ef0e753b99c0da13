"""What a doctor says: a table of all checks, and below it what is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

import typer
from rich.markup import escape
from rich.table import Table

from kubeflow_aws.cli.checks.check import Check, Group, Severity
from kubeflow_aws.cli.printing import say, say_json, show

COLORS: Final = {
    Severity.FAILURE: "red",
    Severity.WARNING: "yellow",
    Severity.UNSEEN: "magenta",
}
MEANINGS: Final = {
    Severity.FAILURE: "would stop the deployment",
    Severity.WARNING: "does not stop it, but read it",
    Severity.UNSEEN: "could not be looked at",
}


def show_checks(groups: Sequence[Group], *, command: str, as_json: bool) -> None:
    """Show all checks, and what is to be done.

    Args:
        groups: All checks.
        command: The command that made them.
        as_json: Whether a program reads it.

    Raises:
        typer.Exit: Something would stop the deployment.
    """
    stopped = any(check.stops for group in groups for check in group.checks)
    if as_json:
        say_json(command, groups, ok=not stopped)
    else:
        show(table_of(groups), styled=True)
        for line in fix_lines(groups):
            say(line, styled=True)
    if stopped:
        raise typer.Exit(1)


def table_of(groups: Iterable[Group], *, title: str = "Before the deployment") -> Table:
    """The table, with a section a group that has a name.

    Args:
        groups: All checks.
        title: What stands above.
    """
    table = Table(title=title, title_justify="left")
    for column in ("", "what", "found"):
        table.add_column(column, overflow="fold")
    for group in groups:
        table.add_section()
        if group.name:
            table.add_row("", f"[bold]{group.name}[/]", "")
        for check in group.checks:
            table.add_row(_state(check), escape(check.name), escape(check.found))
    return table


def fix_lines(groups: Sequence[Group]) -> Iterator[str]:
    """What is to be done, worst first; a line a fix, so that a command can be copied whole.

    Args:
        groups: All checks.
    """
    checks = list(chain.from_iterable(group.checks for group in groups))
    for severity in Severity:
        fixes: dict[str, list[str]] = {}
        for check in checks:
            if not check.works and check.severity is severity:
                fixes.setdefault(check.fix, []).append(check.name)
        if not fixes:
            continue
        yield ""
        yield f"[bold {COLORS[severity]}]{severity}[/]: {MEANINGS[severity]}"
        for fix, names in fixes.items():
            yield f"  [bold]{escape(', '.join(names))}[/]"
            yield f"    {escape(fix)}"
    yield ""
    yield _verdict(checks)


def _state(check: Check) -> str:
    if check.works:
        return "[green]ok[/]"
    return f"[{COLORS[check.severity]}]{check.severity}[/]"


def _verdict(checks: Sequence[Check]) -> str:
    counts = {
        severity: sum(not check.works and check.severity is severity for check in checks)
        for severity in Severity
    }
    begin = f"[green]None of {len(checks)} checks failed[/]"
    if failures := counts[Severity.FAILURE]:
        begin = f"[red]{failures} of {len(checks)} checks failed and would stop the deployment[/]"
    return (
        f"{begin}; warnings: {counts[Severity.WARNING]}, "
        f"could not be looked at: {counts[Severity.UNSEEN]}."
    )
