"""Shows stacks while they are deployed: a live table, or lines where there is no terminal."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.live import Live
from rich.table import Table

from localcloud.clients import EmulatedClients
from localcloud.demo.assembly import AssembledStack

_POLL_SECONDS: Final = 1.0
_SHOWN_NAMES: Final = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class StackState:
    """A stack at a moment.

    Attributes:
        name: The stack's name.
        status: For example ``CREATE_IN_PROGRESS``; empty before it exists.
        done: Resources that are complete, those of nested stacks included.
        total: All of them.
        now: What is under way.
        failures: Resources that failed, with their reasons.
    """

    name: str
    status: str
    done: int
    total: int
    now: Sequence[str]
    failures: Sequence[str]


@contextmanager
def shown(
    console: Console, clients: EmulatedClients, stacks: Sequence[AssembledStack]
) -> Iterator[None]:
    """Show the stacks' progress until the block ends."""
    ended = threading.Event()
    watcher = threading.Thread(target=_watch, args=(console, clients, stacks, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def states(clients: EmulatedClients, stacks: Sequence[AssembledStack]) -> list[StackState]:
    """Where each stack stands."""
    known = {region: _stacks(clients, region) for region in {stack.region for stack in stacks}}
    return [_state(clients, stack, known[stack.region]) for stack in stacks]


def _stacks(clients: EmulatedClients, region: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = clients.client("cloudformation", region).describe_stacks()[
        "Stacks"
    ]
    return found


def _state(
    clients: EmulatedClients, stack: AssembledStack, known: Sequence[dict[str, Any]]
) -> StackState:
    root = next((s for s in known if s["StackName"] == stack.name), None)
    if root is None:
        return StackState(
            name=stack.name, status="", done=0, total=stack.resources, now=(), failures=()
        )
    family = [root, *(s for s in known if s.get("ParentId") == root["StackId"])]
    client = clients.client("cloudformation", stack.region)
    resources = [
        resource
        for member in family
        for resource in client.list_stack_resources(StackName=member["StackId"])[
            "StackResourceSummaries"
        ]
    ]
    return StackState(
        name=stack.name,
        status=root["StackStatus"],
        done=sum(r["ResourceStatus"].endswith("_COMPLETE") for r in resources),
        total=stack.resources,
        now=[
            r["LogicalResourceId"]
            for r in resources
            if r["ResourceStatus"].endswith("_IN_PROGRESS")
            and r["ResourceType"] != "AWS::CloudFormation::Stack"
        ],
        failures=[
            f"{r['LogicalResourceId']}: {r.get('ResourceStatusReason', '')}"
            for r in resources
            if r["ResourceStatus"].endswith("_FAILED")
        ],
    )


def _watch(
    console: Console,
    clients: EmulatedClients,
    stacks: Sequence[AssembledStack],
    ended: threading.Event,
) -> None:
    began = time.monotonic()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4) as live:
            while True:
                last = ended.is_set()
                _try(lambda: live.update(_table(states(clients, stacks))))
                if last:
                    return
                ended.wait(_POLL_SECONDS)
    told: dict[str, str] = {}
    while True:
        last = ended.is_set()
        _try(lambda: _tell(console, states(clients, stacks), told, time.monotonic() - began))
        if last:
            return
        ended.wait(_POLL_SECONDS)


def _try(show: Any) -> None:
    # Watching must not be what fails: a cloud that is just stopping answers nothing.
    try:
        show()
    except (BotoCoreError, ClientError):
        return


def _table(now: Sequence[StackState]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for column in ("stack", "status", "resources", "now"):
        table.add_column(column, no_wrap=True)
    for state in now:
        names = ", ".join(state.now[:_SHOWN_NAMES])
        more = len(state.now) - _SHOWN_NAMES
        table.add_row(
            f"[bold]{state.name}[/bold]",
            f"[{_colour(state.status)}]{state.status or 'waiting'}[/]",
            f"{state.done}/{state.total}",
            f"{names} and {more} more" if more > 0 else names,
        )
    return table


def _tell(
    console: Console, now: Sequence[StackState], told: dict[str, str], seconds: float
) -> None:
    for state in now:
        if state.status and told.get(state.name) != state.status:
            told[state.name] = state.status
            console.print(
                f"  {seconds:5.0f} s  {state.name}  {state.status}  {state.done}/{state.total}"
            )


def _colour(status: str) -> str:
    if "ROLLBACK" in status or "FAILED" in status:
        return "red"
    return "green" if status.endswith("_COMPLETE") else "yellow" if status else "dim"
