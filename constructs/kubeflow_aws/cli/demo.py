"""`kubeflow-aws demo`: the local cloud, which is a program of its own beside this one."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

import typer

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT
from kubeflow_aws.cli.cdk import environment
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.files.errors import UserError

PROGRAM: Final = "localcloud"
PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

command = typer.Typer(
    no_args_is_help=True,
    help="Deploy to an emulated AWS on this machine.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


def _register(name: str, theirs: str, text: str, *, default: Sequence[str] = ()) -> None:
    """Add a command that the local cloud's own takes all arguments of, `--help` included."""

    def run(context: typer.Context) -> None:
        become_local_cloud(theirs, *(context.args or default))

    command.command(name, help=text, add_help_option=False, context_settings=PASSED_ON)(run)


def become_local_cloud(*arguments: str) -> NoReturn:
    """End as the local cloud's program: it stops what it has started when somebody interrupts it.

    Args:
        arguments: Of its command line.

    Raises:
        UserError: It is not here.
    """
    if not (PROJECT / PROGRAM).is_dir():
        raise UserError(f"the folder {PROGRAM} is not here, and the demo runs in it")
    variables = environment()
    # It is not installed: it lies beside this program.
    path = [str(PROJECT), str(PROJECT / "constructs"), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    sys.stdout.flush()
    words = [sys.executable, "-m", PROGRAM, *arguments]
    os.execve(sys.executable, words, variables)  # noqa: S606  # of this project


_register(
    "deploy",
    "demo",
    "Deploy a deployment to the local cloud, starting one if none runs.",
    default=[os.environ.get("DEPLOYMENT", DEFAULT_DEPLOYMENT)],
)
_register("kubectl", "kubectl", "Run kubectl in the demo's cluster.")
_register("env", "env", "Print shell variables that point AWS tools at the demo.")
_register("coverage", "coverage", "List the resource types that the demo's AWS knows.")
_register("destroy", "destroy", "Remove what the demo deployed, and stop its AWS.")
_register(
    "control-plane",
    "control-plane",
    "Get a real Kubernetes control plane for it: found on this machine, or built.",
)
