"""Shows an estimate to people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from kubeflow_aws.capacity.fit import Fit, shown
from kubeflow_aws.cli.cost.charges import Terms
from kubeflow_aws.cli.cost.estimate import Estimate

NEVER_COUNTED = (
    "taxes, support plans, free tiers (but Cognito's), discounts, Savings Plans",
    "traffic to the internet (100 GB a month are free in an account)",
    "disks, file systems, load balancers and nodes that users' work makes",
    "file assets and images: the buckets and repositories of the CDK's bootstrap stack",
)


def show(console: Console, estimate: Estimate, terms: Terms) -> None:
    """Print an estimate: stacks, total, node pools, capacity, assumptions, and what is left out.

    Args:
        console: Where to.
        estimate: The estimate.
        terms: What it was made by.
    """
    prices = terms.prices
    for warning in _warnings(estimate, terms):
        console.print(f"WARNING: {warning}", style="yellow")
    console.print(_costs(estimate))
    console.print(
        f"\nWhile nobody works: {estimate.usd:,.2f} {prices.currency} a month, at prices of "
        f"{prices.as_of} in {' and '.join(prices.regions)}."
    )
    console.print("~ by an assumption (below); ? by a price that nobody verified (prices.yaml)")
    if estimate.pools:
        console.print("\nWhile people work, up to, beside that: Karpenter's nodes at their limits.")
        console.print(_pools(estimate, terms))
    if fit := estimate.fit:
        types = " or ".join(fit.group.sizes)
        console.print(f"\nThe platform's requests on {fit.group.nodes} system nodes {types}:")
        console.print(_capacity(fit))
    console.print("\nAssumptions, each month (constructs/kubeflow_aws/cli/cost/assumptions.yaml):")
    for name, field in type(terms.assume).model_fields.items():
        console.print(f"  {getattr(terms.assume, name):>7,g} {field.description}")
    console.print("\nNot counted:")
    for each in estimate.uncounted:
        console.print(f"  {each.what}: {each.why}")
    used = ", ".join(f"{kind} ({count})" for kind, count in sorted(estimate.by_use.items()))
    if used:
        console.print(f"  by use, and so about nothing: {used}")
    for line in NEVER_COUNTED:
        console.print(f"  {line}")


def as_data(estimate: Estimate, terms: Terms) -> Mapping[str, object]:
    """An estimate for a program, with the sums that it would reckon otherwise.

    Args:
        estimate: The estimate.
        terms: What it was made by.
    """
    return {
        "usd_a_month": estimate.usd,
        "prices_as_of": terms.prices.as_of,
        "prices_of": terms.prices.regions,
        "warnings": list(_warnings(estimate, terms)),
        "stacks": [
            {
                "name": stack.name,
                "region": stack.region,
                "usd_a_month": stack.usd,
                "lines": [
                    {
                        "what": line.what,
                        "quantity": line.quantity,
                        "assumed": line.assumed,
                        "price": line.price,
                        "usd_a_month": line.usd,
                    }
                    for line in stack.lines
                ],
            }
            for stack in estimate.stacks
        ],
        "pools": estimate.pools,
        "fit": estimate.fit,
        "assumptions": terms.assume,
        "uncounted": estimate.uncounted,
        "by_use": estimate.by_use,
    }


def _warnings(estimate: Estimate, terms: Terms) -> Iterator[str]:
    regions = {stack.region for stack in estimate.stacks if stack.lines}
    for region in sorted(regions - {*terms.prices.regions}):
        yield (
            f"prices are those of {' and '.join(terms.prices.regions)}, but a stack is in "
            f"{region}: {terms.prices.elsewhere}"
        )


def _costs(estimate: Estimate) -> Table:
    table = Table("", "quantity", "price", "USD a month", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for stack in estimate.stacks:
        table.add_row(stack.name, "", "", f"{stack.usd:,.2f}", style="bold")
        for line in stack.lines:
            table.add_row(
                f"  {line.what}",
                f"{'~' if line.assumed else ''}{line.quantity:,.5g}",
                f"{'?' if line.price.unverified else ''}{line.price.usd:g} / {line.price.per}",
                f"{line.usd:,.2f}",
            )
        table.add_section()
    table.add_row("Total", "", "", f"{estimate.usd:,.2f}", style="bold")
    return table


def _pools(estimate: Estimate, terms: Terms) -> Table:
    hours = terms.assume.pool_hours
    table = Table(
        *("pool", "limit", "dearest nodes", "USD an hour", f"USD in {hours:g} hours"),
        box=None,
        header_style="bold",
    )
    for pool in estimate.pools:
        kind = " (spot: less)" if pool.spot else ""
        table.add_row(
            pool.name,
            pool.limit,
            f"{pool.nodes}{kind}",
            f"{pool.usd_per_hour:,.2f}",
            f"{pool.usd_per_hour * hours:,.2f}",
        )
    for column in table.columns[3:]:
        column.justify = "right"
    return table


def _capacity(fit: Fit) -> Table:
    table = Table("", "asked for", "allocatable", "headroom", box=None, header_style="bold")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, asked, offered in fit.compared():
        table.add_row(
            name,
            shown(fit.asked, name),
            shown(fit.offered, name),
            f"{(offered - asked) / offered:.0%}",
        )
    return table
