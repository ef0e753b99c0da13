"""`make bump`: another version of an upstream source, and what it changes, before it is pinned."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from rich.console import Console

from kubeflow_aws.cli.changes import change_lines, step_lines
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, KUBERNETES_VERSIONS
from kubeflow_aws.manifests.bump import bump
from kubeflow_aws.manifests.changes import changes_of
from kubeflow_aws.manifests.downloads import Notify
from kubeflow_aws.manifests.objects import key_of
from kubeflow_aws.manifests.platform import Platform, render_platform
from kubeflow_aws.manifests.tools import find_tools
from kubeflow_aws.manifests.upgrades import load_upgrades, steps_of


def bump_and_show(
    deployment: Deployment,
    *,
    manifests: Path,
    cache: Path,
    mirror: Path | None,
    source: str,
    version: str,
    commit: str | None,
    notify: Notify,
) -> None:
    """Pin another version of a source if all components render from it, and show what changes.

    Args:
        deployment: Whose components are compared.
        manifests: The folder with the lock file and the components.
        cache: Folder for sources, tools and renders.
        mirror: Mirror of upstream sources.
        source: Name of the source.
        version: Its new version.
        commit: The new version's commit.
        notify: Takes progress lines.

    Raises:
        UserError: The source cannot be had, or a component does not render from it: its overlay
            must follow upstream first. The lock file is as it was.
    """
    tools = find_tools(KUBERNETES_VERSIONS[DEFAULT_KUBERNETES_VERSION], cache)

    def rendered(folder: Path) -> Platform:
        return render_platform(
            deployment, manifests=folder, cache=cache, mirror=mirror, notify=notify
        )

    old = rendered(manifests)
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as workspace:
        trial = Path(workspace) / "manifests"
        shutil.copytree(manifests, trial)
        bump(
            trial / "upstream.lock.yaml",
            source=source,
            version=version,
            commit=commit,
            mirror=mirror,
            notify=notify,
            helm=tools.helm,
        )
        new = rendered(trial)
        shutil.copyfile(trial / "upstream.lock.yaml", manifests / "upstream.lock.yaml")
    _show(old, new, manifests)


def _show(old: Platform, new: Platform, manifests: Path) -> None:
    console = Console(soft_wrap=True, highlight=False, markup=False)
    before, after = (
        {one.component.name: one.objects for one in platform.components} for platform in (old, new)
    )
    for line in change_lines(changes_of(before, after), lambda _: "is in the sources no more"):
        console.print(line)
    names = {str(key_of(item)) for items in before.values() for item in items}
    notes = load_upgrades(manifests / "upgrades.yaml")
    if steps := steps_of(notes, old.release, new.release, names):
        console.print(f"\nBy hand, when Kubeflow {old.release} becomes {new.release}:")
        for line in step_lines(steps):
            console.print(line)
    console.print(
        "\nPinned in manifests/upstream.lock.yaml. Run make test-upstream, then make plan."
    )
