"""Other versions of upstream sources, and what they change, before they are pinned."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from kubeflow_aws.bump.lock_edits import parse_moves
from kubeflow_aws.bump.trial import LOCK_FILE, Trial, Workshop, try_moves
from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION, kubernetes_versions
from kubeflow_aws.changes.upgrades import Step, load_upgrades, steps_of
from kubeflow_aws.cli.bump.committed import committed
from kubeflow_aws.cli.bump.mending import mends_of
from kubeflow_aws.cli.bump.report import report_lines, summary_lines
from kubeflow_aws.cli.printing import say
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.tools import find_tools


def bump_and_show(
    words: Sequence[str],
    *,
    accept: Collection[str],
    deployments: Mapping[str, Deployment],
    manifests: Path,
    cache: Path,
    mirror: Path | None,
    report: Path,
    notify: Notify,
) -> None:
    """Pin other versions of sources if everything renders from them and nothing needed is lost.

    Args:
        words: The versions, for example ``karpenter=1.14.1``.
        accept: Components and sources of which nothing that was found stops it.
        deployments: By name, what must render besides all components.
        manifests: The folder with the lock file and the components.
        cache: Folder of this project's cache.
        mirror: Mirror of upstream sources.
        report: The file to write everything to.
        notify: Takes progress lines.

    Raises:
        UserError: The versions cannot be had, or something is to be mended first. The lock file is
            as it was.
    """
    lock_file = manifests / LOCK_FILE
    lock = load_lock(lock_file)
    moves = parse_moves(words, lock)
    _refuse_unknown(accept, {*lock.sources, *load_components(manifests / "components")})
    # What an earlier call wrote says nothing of this one, which may end before it writes.
    report.unlink(missing_ok=True)
    tools = find_tools(kubernetes_versions()[DEFAULT_KUBERNETES_VERSION], cache)
    with (
        tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as workspace,
        committed(manifests) as original,
    ):
        trial = try_moves(
            moves,
            Workshop(
                manifests=manifests,
                committed=original,
                cache=cache,
                workspace=Path(workspace),
                mirror=mirror,
                tools=tools,
                notify=notify,
            ),
            deployments,
        )
    mends = mends_of(trial)
    stopping = [mend for mend in mends if not (mend.acceptable and mend.subject in accept)]
    steps = _steps(trial, manifests)
    report.parent.mkdir(parents=True, exist_ok=True)
    everything = report_lines(trial, mends=mends, stopping=stopping, steps=steps)
    report.write_text("".join(f"{line}\n" for line in everything), encoding="utf-8")
    for line in summary_lines(
        trial, stopping=stopping, steps=steps, report=_near(report, manifests)
    ):
        say(line)
    if stopping:
        raise UserError("nothing is pinned: mend what is listed, and run it again")
    _replace(lock_file, trial.lock)
    say("Pinned in manifests/upstream.lock.yaml. Run make test-upstream, then make plan.")


def _refuse_unknown(accept: Collection[str], known: Collection[str]) -> None:
    for name in accept:
        if name not in known:
            raise UserError(
                f"--accept: {name}: is neither a component nor a source; there are "
                f"{', '.join(sorted(known))}"
            )


def _steps(trial: Trial, manifests: Path) -> list[Step]:
    notes = load_upgrades(manifests / "upgrades.yaml")
    return steps_of(notes, trial.before.kubeflow, trial.after.kubeflow, trial.objects)


def _near(file: Path, manifests: Path) -> str:
    project = manifests.parent
    return str(file.relative_to(project) if file.is_relative_to(project) else file)


def _replace(file: Path, content: bytes) -> None:
    """Write a file so that it is there whole or as it was."""
    unfinished = file.with_name(f".{file.name}.unfinished")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
