"""`kubeflow-aws bump`: other versions of upstream sources, and what they change."""

from __future__ import annotations

from typing import Annotated

import typer

from kubeflow_aws.cli.bump.pinning import bump_and_show
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.printing import tell
from kubeflow_aws.cli.project import CACHE, DEPLOYMENTS, MANIFESTS, mirror
from kubeflow_aws.deployment import load_deployment


def command(
    versions: Annotated[
        list[str] | None, typer.Argument(help="NAME=VERSION or NAME=VERSION@COMMIT, one or more.")
    ] = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="A component or source whose losses do not stop it; may be repeated."),
    ] = None,
) -> None:
    """Pin other versions of upstream, and show what changes.

    Nothing is pinned if a component loses something that
    nothing replaces, or does not render.
    """
    bump_and_show(
        versions or [],
        accept=frozenset(accept or []),
        deployments={
            file.stem: load_deployment(file) for file in sorted(DEPLOYMENTS.glob("*.yaml"))
        },
        manifests=MANIFESTS,
        cache=CACHE,
        mirror=mirror(),
        report=PROJECT / "build" / "bump.txt",
        notify=tell,
    )
