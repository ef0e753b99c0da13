"""The command line of the local cloud."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding

from localcloud import server
from localcloud.demo.cdk import CdkError, aws_environment
from localcloud.demo.driver import Demo, DemoError
from localcloud.kubernetes.building import (
    BuildError,
    Building,
    go_command,
    have_programs,
    to_build,
)
from localcloud.kubernetes.programs import FOLDER as CONTROL_PLANE
from localcloud.kubernetes.programs import control_plane_of
from localcloud.state import DEFAULT_FOLDER, Running, State, StateError

PROJECT = Path(__file__).resolve().parents[1]

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

StateOption = Annotated[Path, typer.Option("--state", help="The state directory.")]
PortOption = Annotated[int, typer.Option(help="Of the emulated AWS; 0 for any free one.")]


@cli.command()
def demo(
    deployment: Annotated[str, typer.Argument(help="A deployment's name.")],
    folder: StateOption = DEFAULT_FOLDER,
    port: PortOption = 0,
) -> None:
    """Deploy to a local cloud, starting one if none runs, and show what came up."""
    state, console = State(folder), Console()
    with state.exclusively("a demo"), _ends_in_a_sentence(console, state):
        running = state.running()
        if running is None:
            running = server.start(state, port=port)
            console.print(f"local cloud on {running.endpoint}", highlight=False)
        else:
            console.print(f"local cloud on {running.endpoint}, up already", highlight=False)
        try:
            Demo(project=PROJECT, state=state, running=running, console=console).deploy(
                {"deployment": deployment, "sample": "allowed"}
            )
        except CdkError as error:
            raise CdkError(
                f"{error}\nThe local cloud is still up: look around, then make demo again, or "
                "make demo-destroy"
            ) from error


@cli.command()
def destroy(folder: StateOption = DEFAULT_FOLDER) -> None:
    """Remove what was deployed, then stop the local cloud."""
    state, console = State(folder), Console()
    with state.exclusively("a removal"), _ends_in_a_sentence(console, state):
        running = state.running()
        if running is None:
            console.print("no local cloud runs")
            return
        try:
            Demo(project=PROJECT, state=state, running=running, console=console).destroy()
        except Exception:
            _stop(state, console)
            raise
        _stop(state, console)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def kubectl(context: typer.Context, folder: StateOption = DEFAULT_FOLDER) -> None:
    """Run kubectl against the emulated cluster."""
    from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
    from kubeflow_aws.upstream.tools import find_tools

    state = State(folder)
    _running(state)
    if not state.kubeconfig.exists():
        raise StateError("no cluster is deployed; run make demo")
    version = kubernetes_versions()["1.35"]
    program = find_tools(version, PROJECT / "build" / "cache").kubectl
    done = subprocess.run(
        [str(program), *context.args],
        env={**os.environ, "KUBECONFIG": str(state.kubeconfig)},
        check=False,
    )
    sys.exit(done.returncode)


@cli.command()
def env(
    folder: StateOption = DEFAULT_FOLDER,
    region: Annotated[str, typer.Option(help="The default region.")] = "us-west-2",
) -> None:
    """Print shell commands that point AWS tools at the local cloud."""
    state = State(folder)
    variables = aws_environment(_running(state).endpoint, region)
    if state.kubeconfig.exists():
        variables["KUBECONFIG"] = str(state.kubeconfig.resolve())
    for name, value in variables.items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@cli.command()
def coverage(
    markdown: Annotated[bool, typer.Option("--markdown", help="As RESOURCES.md has it.")] = False,
) -> None:
    """List the resource types that the local cloud knows, and how well."""
    from localcloud.resource_types import OTHERS, coverage_of_all, table_of_all

    if markdown:
        typer.echo(table_of_all(), nl=False)
        return
    console = Console(highlight=False)
    for row in coverage_of_all():
        how = "[green]emulated[/green]" if row.emulated else "[yellow]only schema-checked[/yellow]"
        console.print(f"[bold]{row.resource_type}[/bold]  {how}")
        for what, names in (
            ("acts on", row.applied),
            ("only records", row.recorded),
            ("refuses", row.refused),
        ):
            if names and row.emulated:
                console.print(
                    Padding(f"[dim]{what}:[/dim] {', '.join(sorted(names))}", (0, 0, 0, 4))
                )
    for name, how in OTHERS.items():
        console.print(f"[bold]{name}[/bold]  {how}")


@cli.command()
def serve(folder: StateOption = DEFAULT_FOLDER, port: PortOption = 0) -> None:
    """Run a local cloud in the foreground."""
    server.serve(
        State(folder),
        node_modules=PROJECT / "node_modules",
        port=port,
        control_plane=control_plane_of(PROJECT),
    )


@cli.command("control-plane")
def control_plane(
    needs_go: Annotated[
        bool, typer.Option(help="Fail unless a program must be built; do nothing else.")
    ] = False,
) -> None:
    """Get the programs of a real Kubernetes control plane: found on this machine, or built."""
    path = os.environ.get("PATH", "")
    found = (os.environ.get("KUBEBUILDER_ASSETS"), *path.split(os.pathsep))
    assets = [Path(each) for each in found if each]
    folder = PROJECT / CONTROL_PLANE
    if needs_go:
        raise typer.Exit(0 if to_build(folder, assets) else 1)
    have_programs(
        Building(
            folder=folder,
            assets=assets,
            go=go_command(path, PROJECT / "build" / "go" / "bin"),
            # At once: a build of minutes is silent otherwise wherever the output is no terminal.
            say=partial(print, flush=True),
        )
    )


def _stop(state: State, console: Console) -> None:
    state.stop()
    console.print("the local cloud is stopped")


@contextmanager
def _ends_in_a_sentence(console: Console, state: State) -> Iterator[None]:
    """Ctrl-C, and being terminated, stop the local cloud whatever is under way.

    Within `State.exclusively`: nobody else may begin before it is stopped.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        # A second one would leave it half stopped.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        state.stop()
        console.print("interrupted: the local cloud is stopped, and nothing is left")
        sys.exit(130)


def _running(state: State) -> Running:
    running = state.running()
    if running is None:
        raise StateError("no local cloud runs; start one with make demo")
    return running


if __name__ == "__main__":
    try:
        cli()
    except (BuildError, CdkError, DemoError, StateError) as error:
        sys.exit(f"error: {error}")
