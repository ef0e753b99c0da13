"""The command line: what `make` runs on files of this project, without AWS."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import bcrypt
import typer
import yaml
from rich.console import Console
from rich.table import Table

from kubeflow_aws.assembly.templates import summarize
from kubeflow_aws.cli.audit_report import audit_platform
from kubeflow_aws.cli.bump import bump_and_show
from kubeflow_aws.cli.diagram import diagrams_of
from kubeflow_aws.cli.images import copy_lines, image_lines, registry_of
from kubeflow_aws.cli.osv import OSV
from kubeflow_aws.cli.support import support_lines
from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.deployment.images import Images
from kubeflow_aws.deployment.schema import json_schema
from kubeflow_aws.errors import UserError
from kubeflow_aws.kubeflow.network import OTHER_PROFILE, network_of
from kubeflow_aws.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, KUBERNETES_VERSIONS
from kubeflow_aws.manifests.floors import Floor, load_floors
from kubeflow_aws.manifests.lock import load_lock
from kubeflow_aws.manifests.mirror import fill_mirror
from kubeflow_aws.manifests.platform import (
    FLOORS_FILE,
    Platform,
    render_all_variants,
    render_platform,
)
from kubeflow_aws.manifests.reachability.table import table_of
from kubeflow_aws.manifests.relock import relock
from kubeflow_aws.manifests.rights.holders import holders_of
from kubeflow_aws.manifests.rights.table import rights_table
from kubeflow_aws.manifests.support import SUPPORT_FILE, load_support
from kubeflow_aws.manifests.tools import find_tools

PROJECT = Path(__file__).resolve().parents[3]
MANIFESTS = PROJECT / "manifests"
CACHE = PROJECT / "build" / "cache"

cli = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False)


@cli.command()
def summary(
    assembly: Annotated[Path, typer.Argument(help="The cloud assembly, cdk.out.")],
    deployment: Annotated[str, typer.Argument(help="The deployment it was made from.")],
) -> None:
    """Print the stacks of a synthesized deployment, their packs and sizes."""
    templates = summarize(assembly)
    table = Table(title=f"Kubeflow on AWS: deployment {deployment}", header_style="bold")
    for column in ("stack", "resources", "packs", "objects", "gates", "KB"):
        table.add_column(column, justify="left" if column == "stack" else "right")
    for each in templates:
        table.add_row(
            f"  {each.name}" if each.nested else f"[bold]{each.name}[/bold]",
            *(str(count or "") for count in (each.resources, each.packs, each.objects, each.gates)),
            f"{each.size_bytes / 1000:,.0f}",
        )
    table.add_section()
    table.add_row(
        "in all",
        str(sum(each.resources for each in templates)),
        str(sum(each.packs for each in templates)),
        str(sum(each.objects for each in templates)),
        str(sum(each.gates for each in templates)),
        f"{sum(each.size_bytes for each in templates) / 1000:,.0f}",
    )
    console = Console()
    console.print(table)
    platform = _platform(deployment, quiet=True)
    console.print(_origin(platform))
    today = datetime.now(UTC).date()
    for line in support_lines(platform, load_support(MANIFESTS / SUPPORT_FILE), today):
        console.print(line, highlight=False, soft_wrap=True)


@cli.command()
def diagram(
    assembly: Annotated[Path, typer.Argument(help="The cloud assembly, cdk.out.")],
) -> None:
    """Draw the stacks of a synthesized deployment, and the order of its components."""
    sys.stdout.write(diagrams_of(assembly))


@cli.command()
def reachability(deployment: Annotated[str, typer.Argument(help="A deployment's name.")]) -> None:
    """Print who may connect to whom in a deployment's cluster, by its NetworkPolicies."""
    settings = load_deployment(deployment_path(PROJECT, deployment))
    network = network_of(_rendered(settings, quiet=True), settings)
    sys.stdout.write(table_of(network, hidden=frozenset({OTHER_PROFILE})))


@cli.command()
def rights(deployment: Annotated[str, typer.Argument(help="A deployment's name.")]) -> None:
    """Print who may do what in a deployment's cluster, by its roles and bindings."""
    settings = load_deployment(deployment_path(PROJECT, deployment))
    sys.stdout.write(rights_table(holders_of(_rendered(settings, quiet=True).objects)))


@cli.command()
def render(deployment: Annotated[str, typer.Argument(help="A deployment's name.")]) -> None:
    """Write the rendered objects of a deployment to build/rendered, one file a component."""
    target = PROJECT / "build" / "rendered"
    platform = _platform(deployment, quiet=False)
    # What another deployment left would pass for this one's.
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for one in platform.components:
        file = target / f"{one.component.name}.yaml"
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump_all(one.objects, stream, sort_keys=False)
    Console().print(f"{len(platform.components)} components in {target.relative_to(PROJECT)}")
    Console().print(_origin(platform))


@cli.command()
def images(
    deployment: Annotated[str, typer.Argument(help="A deployment's name.")],
    copy_to: Annotated[
        str | None, typer.Option(help="Print commands that copy them to this registry.")
    ] = None,
) -> None:
    """List every container image of a deployment, hidden ones included."""
    # Before the rendering, which takes its time.
    registry = registry_of(copy_to) if copy_to else None
    settings = load_deployment(deployment_path(PROJECT, deployment))
    # As upstream names them, whatever registry the deployment takes them from.
    plain = settings.model_copy(update={"images": Images()})
    platform = _rendered(plain, quiet=True)
    if registry:
        lines = copy_lines(platform, registry, settings.images)
    else:
        lines = image_lines(platform, settings.images, _floors())
    sys.stdout.writelines(f"{line}\n" for line in lines)


@cli.command()
def audit(
    deployment: Annotated[str, typer.Argument(help="A deployment's name.")],
    osv: Annotated[str, typer.Option(help="Where osv.dev is, or what stands for it.")] = OSV,
) -> None:
    """List every container image with its version, floor, end of support and known holes.

    Asks osv.dev where there is a network. Exits with 1 if an image is below its floor, or has a
    hole without a note in manifests/support.yaml; else with 0.
    """
    plain = load_deployment(deployment_path(PROJECT, deployment)).model_copy(
        update={"images": Images()}
    )
    report = audit_platform(
        _rendered(plain, quiet=True),
        every_variant=_rendered(plain, quiet=True, every_variant=True),
        manifests=MANIFESTS,
        osv=osv,
        today=datetime.now(UTC).date(),
    )
    lines = report.page if sys.stdout.isatty() else report.records
    sys.stdout.writelines(f"{line}\n" for line in lines)
    for note in report.notes:
        _tell(note)
    if report.is_troubled:
        raise typer.Exit(1)


@cli.command()
def password(
    secret: Annotated[
        str, typer.Option(prompt="Password", hide_input=True, confirmation_prompt=True)
    ],
) -> None:
    """Ask for a password and print its bcrypt hash for auth.users of the deployment file."""
    if len(secret) < 12 or len(secret.encode()) > 72:  # bcrypt reads 72 bytes
        raise UserError("a password has 12 characters or more, and at most 72 bytes")
    sys.stdout.write(f"{bcrypt.hashpw(secret.encode(), bcrypt.gensalt(12)).decode()}\n")


@cli.command()
def schema(folder: Annotated[Path, typer.Argument(help="Where to write them.")]) -> None:
    """Write the JSON schemas of the deployment file and of the delivery file."""
    for model in (Deployment, Delivery):
        file = folder / f"{model.__name__.lower()}.schema.json"
        file.write_text(json_schema(model), encoding="utf-8")


@cli.command("lock-upstream")
def lock_upstream() -> None:
    """Write the digests of all upstream sources anew, from the mirror or the network."""
    file = MANIFESTS / "upstream.lock.yaml"
    tools = find_tools(KUBERNETES_VERSIONS[DEFAULT_KUBERNETES_VERSION], CACHE)
    relock(file, load_lock(file), mirror=_mirror(), notify=_tell, helm=tools.helm)


@cli.command("bump")
def bump_upstream(
    versions: Annotated[
        list[str] | None, typer.Argument(help="NAME=VERSION or NAME=VERSION@COMMIT, one or more.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="A component or source whose losses do not stop it; may be repeated."),
    ] = None,
) -> None:
    """Show what other versions of upstream sources change, and pin them."""
    files = sorted((PROJECT / "deployments").glob("*.yaml"))
    bump_and_show(
        versions or [],
        accept=frozenset(accept or []),
        deployments={file.stem: load_deployment(file) for file in files},
        manifests=MANIFESTS,
        cache=CACHE,
        mirror=_mirror(),
        report=PROJECT / "build" / "bump.txt",
        notify=_tell,
    )


@cli.command()
def mirror(folder: Annotated[Path, typer.Argument(help="The mirror folder.")]) -> None:
    """Fetch the archives of all upstream sources that a mirror folder lacks, and check them."""
    lock = load_lock(MANIFESTS / "upstream.lock.yaml")
    tools = find_tools(KUBERNETES_VERSIONS[DEFAULT_KUBERNETES_VERSION], CACHE)
    fill_mirror(lock, folder, helm=tools.helm, notify=_tell)


def _platform(name: str, *, quiet: bool) -> Platform:
    return _rendered(load_deployment(deployment_path(PROJECT, name)), quiet=quiet)


def _rendered(deployment: Deployment, *, quiet: bool, every_variant: bool = False) -> Platform:
    return (render_all_variants if every_variant else render_platform)(
        deployment,
        manifests=MANIFESTS,
        cache=CACHE,
        mirror=_mirror(),
        notify=(lambda _: None) if quiet else _tell,
        allow_sample=True,
    )


def _floors() -> Sequence[Floor]:
    return load_floors(MANIFESTS / FLOORS_FILE)


def _origin(platform: Platform) -> str:
    return f"Kubeflow {platform.release} from {platform.origin.description}"


def _mirror() -> Path | None:
    value = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    return Path(value) if value else None


def _tell(line: str) -> None:
    print(line, file=sys.stderr)  # noqa: T201  # progress


if __name__ == "__main__":
    try:
        cli(standalone_mode=True)
    except UserError as error:
        sys.exit(f"error: {error}")
