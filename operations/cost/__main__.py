"""`make cost`: from a synthesized deployment, without AWS."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from kubeflow_aws.errors import UserError
from operations.cost.charges import Terms
from operations.cost.estimate import estimate_of
from operations.cost.prices import FOLDER, load_assumptions, load_prices
from operations.cost.report import show

WIDTH = 120
"""Of the tables where there is no terminal."""


def main(
    assembly: Annotated[Path, typer.Argument(help="The cloud assembly.")],
    assumptions: Annotated[
        Path, typer.Option(help="Amounts of your own, in the form of the checked-in file.")
    ] = FOLDER / "assumptions.yaml",
) -> None:
    """Say what the stacks cost a month, what they assume, and whether the platform fits."""
    console = Console(highlight=False, markup=False)
    if not console.is_terminal:
        console.width = WIDTH
    try:
        terms = Terms(
            prices=load_prices(), assume=load_assumptions(assumptions), today=date.today()
        )
        estimate = estimate_of(assembly, terms)
    except UserError as error:
        console.print(f"error: {error}", style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    show(console, estimate, terms)


if __name__ == "__main__":
    typer.run(main)
