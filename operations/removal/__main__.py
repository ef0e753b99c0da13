"""`make destroy-plan`: from a synthesized deployment, without AWS."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.errors import UserError
from operations.removal.plan import Left, Removal, by_others, removal_of

PROJECT = Path(__file__).resolve().parents[2]
console = Console(soft_wrap=True, highlight=False, markup=False)


def main(
    assembly: Annotated[Path, typer.Argument(help="The cloud assembly.")],
    deployment: Annotated[str, typer.Argument(help="Name or file of the deployment.")],
) -> None:
    """Say in which order a removal deletes the stacks, what stays, and what would stop it."""
    try:
        settings = load_deployment(deployment_path(PROJECT, deployment))
        removal = removal_of(assembly)
    except UserError as error:
        console.print(f"error: {error}", style="red")
        raise typer.Exit(1) from None
    for line in removal_lines(removal, settings):
        console.print(line)


def removal_lines(removal: Removal, deployment: Deployment) -> Iterator[str]:
    """The plan of a removal, line by line.

    Args:
        removal: The removal.
        deployment: What is removed.
    """
    if removal.protected:
        yield (
            "It would be refused: the stacks are protected. Deploy with "
            "`deletion_protection: false` first."
        )
    yield f"The stacks go in this order: {', '.join(removal.order)}."
    if removal.left:
        yield f"{len(removal.left)} resources stay in the account, and cost money:"
        for kind, members in groupby(sorted(removal.left, key=_kind), _kind):
            yield f"  {kind}:"
            yield from (f"    {one.stack}: {one.name}" for one in members)
        if any(one.taken for one in removal.left):
            yield "Logs and vaults keep their names: `make redeploy` takes them back."
    else:
        yield "Nothing of the stacks stays in the account."
    if deployment.cluster.existing:
        yield f"{removal.objects} Kubernetes objects stay in the cluster: namespaces and CRDs."
    yield "Not made by the stacks, so look before:"
    yield from (f"  {each}" for each in by_others(deployment))


def _kind(left: Left) -> str:
    return left.kind


if __name__ == "__main__":
    typer.run(main)
