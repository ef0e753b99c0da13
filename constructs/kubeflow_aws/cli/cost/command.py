"""`kubeflow-aws cost`: from a synthesized deployment, without AWS."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from kubeflow_aws.cli.arguments import (
    DEFAULT_DEPLOYMENT,
    AssemblyOption,
    DeploymentArgument,
    JsonOption,
)
from kubeflow_aws.cli.cdk import assembly_of
from kubeflow_aws.cli.cost.charges import Terms
from kubeflow_aws.cli.cost.estimate import estimate_of
from kubeflow_aws.cli.cost.prices import FOLDER, load_assumptions, load_prices
from kubeflow_aws.cli.cost.report import as_data, show
from kubeflow_aws.cli.printing import page, say_json


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    assembly: AssemblyOption = None,
    assumptions: Annotated[
        Path,
        typer.Option(
            help="Amounts of your own, in the form of the checked-in file.", show_default=False
        ),
    ] = FOLDER / "assumptions.yaml",
    as_json: JsonOption = False,
) -> None:
    """Say what it costs a month, and whether the platform fits.

    Prices, sources and assumptions are checked-in files; it also says what it does not count.
    """
    terms = Terms(prices=load_prices(), assume=load_assumptions(assumptions), today=date.today())
    estimate = estimate_of(assembly_of(deployment, assembly), terms)
    if as_json:
        say_json("cost", as_data(estimate, terms))
    else:
        show(page(), estimate, terms)
