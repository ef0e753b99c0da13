"""`kubeflow-aws mirror`: the archives of all upstream sources in a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.cli.printing import tell
from kubeflow_aws.cli.project import CACHE, MANIFESTS
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.mirror import fill_mirror
from kubeflow_aws.upstream.tools import find_tools


def command(
    folder: Annotated[Path, typer.Argument(help="The mirror folder.")] = Path("build/mirror"),
) -> None:
    """Fetch the archives of all upstream sources to a folder.

    Each is checked against its digest in manifests/upstream.lock.yaml.
    """
    lock = load_lock(MANIFESTS / "upstream.lock.yaml")
    tools = find_tools(kubernetes_versions()[DEFAULT_KUBERNETES_VERSION], CACHE)
    fill_mirror(lock, folder, helm=tools.helm, notify=tell)
