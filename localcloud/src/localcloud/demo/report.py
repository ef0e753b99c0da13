"""What a demo prints at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table
from rich.tree import Tree

from localcloud.clients import EmulatedClients
from localcloud.demo.assembly import AssembledStack
from localcloud.demo.inventory import CLUSTER_SCOPE, Contents

_SHOWN_KINDS = 6


def print_stacks(
    console: Console, clients: EmulatedClients, stacks: Sequence[AssembledStack]
) -> None:
    """A table of the deployed stacks, and one of their outputs."""
    table = Table(box=SIMPLE, header_style="bold")
    outputs = Table(box=SIMPLE, header_style="bold")
    for column in ("stack", "region", "status"):
        table.add_column(column, no_wrap=True)
    for column in ("resources", "custom", "seconds"):
        table.add_column(column, justify="right")
    for column in ("output", "value"):
        outputs.add_column(column, overflow="fold")
    for stack in stacks:
        client = clients.client("cloudformation", stack.region)
        [shape] = client.describe_stacks(StackName=stack.name)["Stacks"]
        events = client.describe_stack_events(StackName=stack.name)["StackEvents"]
        own = [e for e in events if e["PhysicalResourceId"] == shape["StackId"]]
        began = next(e for e in own if e.get("ResourceStatusReason") == "User Initiated")
        seconds = (own[0]["Timestamp"] - began["Timestamp"]).total_seconds()
        table.add_row(
            stack.name,
            stack.region,
            shape["StackStatus"],
            str(stack.resources),
            str(stack.custom_resources),
            f"{seconds:.0f}",
        )
        for output in shape.get("Outputs", []):
            # What other stacks read is for them, not for people.
            if not output["OutputKey"].startswith("PublishOutput"):
                outputs.add_row(output["OutputKey"], output["OutputValue"])
    console.print(table)
    if outputs.row_count:
        console.print(outputs)


def print_inventory(console: Console, cluster: str, contents: Mapping[str, Contents]) -> None:
    """A tree of what runs in a cluster, by namespace."""
    count = sum(len(c.workloads) + c.others.total() for c in contents.values())
    tree = Tree(f"[bold]Cluster {cluster}[/bold]: {count} objects")
    for namespace, content in contents.items():
        branch = tree.add(f"[bold]{namespace}[/bold]" if namespace else "[dim]cluster-wide[/dim]")
        for workload in content.workloads:
            branch.add(f"{workload.kind} {workload.name} [green]{workload.state}[/green]")
        if content.others:
            branch.add(f"[dim]{_kinds(content, everything=namespace != CLUSTER_SCOPE)}[/dim]")
    console.print(tree)


def _kinds(content: Contents, *, everything: bool) -> str:
    common = content.others.most_common(None if everything else _SHOWN_KINDS)
    text = ", ".join(f"{count} {kind}" for kind, count in common)
    more = content.others.total() - sum(count for _, count in common)
    return f"{text}, {more} more" if more else text
