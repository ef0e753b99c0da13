"""`kubeflow-aws demo`: the local cloud, which is a program of its own beside this one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.cdk import context_of, environment
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.project import CACHE, deployment_of
from kubeflow_aws.cli.surroundings import surroundings_of
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.tools import find_tools

PROGRAM: Final = "localcloud"
CALLED: Final = "./kubeflow-aws demo"
STATE: Final = Path("build/localcloud")
ORIGIN: Final = r"^Kubeflow \S+ from ([^,\n]+)"
"""Finds what `app.py` says that it renders: the sample and the real platform have objects of the
same names that nobody can change."""
PASSED_ON: Final = {"allow_extra_args": True, "ignore_unknown_options": True}

command = typer.Typer(
    no_args_is_help=True,
    help="Deploy to an emulated AWS on this machine.",
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)


@command.command()
def deploy(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT,
    port: Annotated[int, typer.Option(help="Of the emulated AWS; 0 for any free one.")] = 0,
    state: Annotated[Path, typer.Option(help="The state directory.")] = STATE,
    report: Annotated[
        Path | None, typer.Option(help="JSON file to write: how long each phase took.")
    ] = None,
) -> None:
    """Deploy a deployment to the local cloud, starting one if none runs."""
    surroundings = state / "surroundings.json"
    text = surroundings_of(deployment_of(deployment))
    state.mkdir(parents=True, exist_ok=True)
    surroundings.write_text(text, encoding="utf-8")
    become_local_cloud(
        "deploy",
        *("--app", str(PROJECT), *context_of(deployment), "--context", "sample=allowed"),
        *("--surroundings", str(surroundings), "--origin", ORIGIN),
        *("--state", str(state), "--port", str(port)),
        *(("--report", str(report)) if report else ()),
    )


@command.command("kubectl", add_help_option=False, context_settings=PASSED_ON)
def kubectl(context: typer.Context) -> None:
    """Run kubectl in the demo's cluster."""
    program = find_tools(kubernetes_versions()["1.35"], CACHE).kubectl
    become_local_cloud("kubectl", "--kubectl", str(program), *context.args)


def _register(name: str, text: str, *options: str) -> None:
    """Add a command that the local cloud's own takes all arguments of, `--help` included."""

    def run(context: typer.Context) -> None:
        become_local_cloud(name, *options, *context.args)

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
    roots = (PROJECT, PROJECT / "constructs", PROJECT / PROGRAM / "src")
    path = [*map(str, roots), variables.get("PYTHONPATH", "")]
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, path))
    sys.stdout.flush()
    words = [sys.executable, "-m", PROGRAM, "--called", CALLED, *arguments]
    os.execve(sys.executable, words, variables)  # noqa: S606  # of this project


_register("env", "Print shell variables that point AWS tools at the demo.")
_register("coverage", "List the resource types that the demo's AWS knows.")
_register("destroy", "Remove what the demo deployed, and stop its AWS.", "--app", str(PROJECT))
_register(
    "control-plane",
    "Get a real Kubernetes control plane for it: found on this machine, or built.",
    *("--app", str(PROJECT)),
)
