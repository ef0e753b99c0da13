"""The command line's own part: its first page of help, and how it fails."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

import typer

from kubeflow_aws.cli.checkout import PROJECT, search_path
from kubeflow_aws.cli.commands import COMMANDS
from kubeflow_aws.cli.lazy_group import LazyGroup
from kubeflow_aws.files.errors import UserError

NAME: Final = "kubeflow-aws"

EXIT_CODES: Final = (
    "Exit codes: 0, all is well; 1, a mistake, said in a sentence, or something that was looked at "
    "is not as it should be; 2, no such command or option; 130, interrupted. What runs cdk or "
    "kubectl ends with their code."
)


NO_CHECKOUT: Final = (
    "this is an installation without its checkout, and every command works on one: clone the "
    "repository and run make install in it, or pip install --editable on it"
)


class Commands(LazyGroup):
    """All of `COMMANDS`."""

    entries = COMMANDS


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@app.callback(epilog=EXIT_CODES)
def kubeflow_aws() -> None:
    """Kubeflow on AWS: plan, deploy, check and remove it.

    DEPLOYMENT is a name under deployments/ or the path of a file; without it, the variable
    DEPLOYMENT, else cognito-rds-s3. `kubeflow-aws COMMAND --help` says more of a command.
    """
    if not (PROJECT / "manifests").is_dir():
        raise UserError(NO_CHECKOUT)


def program() -> None:
    """Run what this process was called with, on the tools of this checkout, as make does."""
    os.environ["PATH"] = search_path()
    main()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command.

    Args:
        arguments: Of the command line; those of this process if there are none.
    """
    try:
        app(args=arguments, prog_name=NAME)
    except UserError as error:
        sys.exit(f"error: {error}")
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package == "kubeflow_aws":
            raise
        if not (PROJECT / "manifests").is_dir():
            sys.exit(f"error: {NO_CHECKOUT}")
        sys.exit(
            f"error: this command needs the package {package}, which is not installed here; "
            f"run make install in {PROJECT}"
        )
    except OSError as error:
        if error.filename is None:
            raise
        # A file or a folder that somebody named; the others say more of themselves.
        sys.exit(f"error: {error.filename}: {error.strerror}")
