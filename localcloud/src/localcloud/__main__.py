"""The command line of the local cloud."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.padding import Padding

from localcloud import server
from localcloud.demo.cdk import CdkError, aws_environment
from localcloud.demo.driver import Application, Demo, DemoError
from localcloud.demo.surroundings import Surroundings, SurroundingsError
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

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)

StateOption = Annotated[Path, typer.Option("--state", help="The state directory.")]
PortOption = Annotated[int, typer.Option(help="Of the emulated AWS; 0 for any free one.")]
AppOption = Annotated[
    Path, typer.Option("--app", help="The folder of the CDK application: cdk.json, node_modules.")
]
HERE: Final = Path()


@cli.callback()
def program(
    context: typer.Context,
    called: Annotated[
        str, typer.Option(help="How a person calls this program, for what it says to do.")
    ] = "python -m localcloud",
) -> None:
    """An AWS on this machine for applications of the CDK."""
    context.obj = called


@cli.command()
def deploy(  # typer: an option each
    context: typer.Context,
    app: AppOption = HERE,
    given: Annotated[
        list[str] | None, typer.Option("--context", help="Of the CDK: key=value.")
    ] = None,
    surroundings: Annotated[
        Path | None,
        typer.Option(help="JSON file: hosted zones and secrets that are there before."),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            help="Regular expression with a group: finds where the application comes from in what "
            "it says. Another origin is refused while one is deployed."
        ),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="JSON file to write: how long each phase took.")
    ] = None,
    folder: StateOption = DEFAULT_FOLDER,
    port: PortOption = 0,
) -> None:
    """Deploy to a local cloud, starting one if none runs, and show what came up."""
    application = Application(
        folder=app.resolve(),
        context=dict(pair.split("=", 1) for pair in given or ()),
        surroundings=Surroundings.read(surroundings) if surroundings else None,
        origin=re.compile(origin, re.MULTILINE) if origin else None,
    )
    state, console, called = State(folder), Console(), str(context.obj)
    with state.exclusively("a demo"), _ends_in_a_sentence(console, state):
        running = state.running()
        if running is None:
            running = server.start(state, app=application.folder, port=port)
            console.print(f"local cloud on {running.endpoint}", highlight=False)
        else:
            console.print(f"local cloud on {running.endpoint}, up already", highlight=False)
        try:
            demo = Demo(
                application=application,
                state=state,
                running=running,
                console=console,
                called=called,
            )
            stacks = demo.deploy()
        except CdkError as error:
            raise CdkError(
                f"{error}\nThe local cloud is still up: look around, then {called} deploy again, "
                f"or {called} destroy"
            ) from error
        if report:
            chain = max((stack.longest_chain for stack in stacks), default=0)
            told = {"seconds": demo.seconds, "longest_chain": chain}
            report.write_text(json.dumps(told), encoding="utf-8")


@cli.command()
def destroy(
    context: typer.Context, app: AppOption = HERE, folder: StateOption = DEFAULT_FOLDER
) -> None:
    """Remove what was deployed, then stop the local cloud."""
    state, console = State(folder), Console()
    with state.exclusively("a removal"), _ends_in_a_sentence(console, state):
        running = state.running()
        if running is None:
            console.print("no local cloud runs")
            return
        try:
            Demo(
                application=Application(folder=app.resolve()),
                state=state,
                running=running,
                console=console,
                called=str(context.obj),
            ).destroy()
        except Exception:
            _stop(state, console)
            raise
        _stop(state, console)


@cli.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def kubectl(
    context: typer.Context,
    program: Annotated[
        str, typer.Option("--kubectl", help="The program, else the one on PATH.")
    ] = "kubectl",
    folder: StateOption = DEFAULT_FOLDER,
) -> None:
    """Run kubectl against the emulated cluster."""
    state = State(folder)
    _running(state, context)
    if not state.kubeconfig.exists():
        raise StateError(f"no cluster is deployed; run {context.obj} deploy")
    found = shutil.which(program)
    if found is None:
        raise StateError(f"{program} is no program; give another one with --kubectl")
    done = subprocess.run(
        [found, *context.args],
        env={**os.environ, "KUBECONFIG": str(state.kubeconfig)},
        check=False,
    )
    sys.exit(done.returncode)


@cli.command()
def env(
    context: typer.Context,
    folder: StateOption = DEFAULT_FOLDER,
    region: Annotated[str, typer.Option(help="The default region.")] = "us-west-2",
) -> None:
    """Print shell commands that point AWS tools at the local cloud."""
    state = State(folder)
    variables = aws_environment(_running(state, context).endpoint, region)
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
def serve(
    app: AppOption = HERE, folder: StateOption = DEFAULT_FOLDER, port: PortOption = 0
) -> None:
    """Run a local cloud in the foreground."""
    server.serve(
        State(folder),
        node_modules=app.resolve() / "node_modules",
        port=port,
        control_plane=control_plane_of(app.resolve()),
    )


@cli.command("control-plane")
def control_plane(
    app: AppOption = HERE,
    needs_go: Annotated[
        bool, typer.Option(help="Fail unless a program must be built; do nothing else.")
    ] = False,
) -> None:
    """Get the programs of a real Kubernetes control plane: found on this machine, or built."""
    path = os.environ.get("PATH", "")
    found = (os.environ.get("KUBEBUILDER_ASSETS"), *path.split(os.pathsep))
    assets = [Path(each) for each in found if each]
    folder = app.resolve() / CONTROL_PLANE
    if needs_go:
        raise typer.Exit(0 if to_build(folder, assets) else 1)
    have_programs(
        Building(
            folder=folder,
            assets=assets,
            go=go_command(path, app.resolve() / "build" / "go" / "bin"),
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


def _running(state: State, context: typer.Context) -> Running:
    running = state.running()
    if running is None:
        raise StateError(f"no local cloud runs; start one with {context.obj} deploy")
    return running


if __name__ == "__main__":
    try:
        cli()
    except (BuildError, CdkError, DemoError, StateError, SurroundingsError) as error:
        sys.exit(f"error: {error}")
