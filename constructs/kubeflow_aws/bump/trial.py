"""Other versions of sources, tried in a copy: what they lead to, before anything is pinned."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow_aws.bump.comparison import Compared, changes_between
from kubeflow_aws.bump.following import Followed, follow
from kubeflow_aws.bump.lock_edits import Move, Pinned, pin
from kubeflow_aws.bump.losses import Loss, losses_of
from kubeflow_aws.bump.moved_folders import proposals
from kubeflow_aws.bump.superseded import Superseded, superseded_in
from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from kubeflow_aws.changes.object_changes import Changes
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import key_of
from kubeflow_aws.rendering.component import load_components
from kubeflow_aws.rendering.options import RenderOptions
from kubeflow_aws.rendering.platform import render_platform
from kubeflow_aws.rendering.render import Rendered, render_each
from kubeflow_aws.rendering.selection import every_variant
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.lock import UpstreamLock, load_lock
from kubeflow_aws.upstream.sources import SourceOptions, Sources, fetch_sources
from kubeflow_aws.upstream.tools import Tools

LOCK_FILE: Final = "upstream.lock.yaml"


@dataclass(frozen=True, kw_only=True, slots=True)
class Workshop:
    """Where a trial is made, and with what.

    Attributes:
        manifests: The folder with the lock file and the components, which stays as it is.
        committed: The same folder as it is committed, if it is: overlays that were mended for
            the new sources do not render from the old.
        cache: The cache of this project, for the old sources alone.
        workspace: An empty folder, for the copy and for an empty cache.
        mirror: Mirror of upstream sources.
        tools: kubectl and helm.
        notify: Takes progress lines.
    """

    manifests: Path
    committed: Path | None
    cache: Path
    workspace: Path
    mirror: Path | None
    tools: Tools
    notify: Notify


@dataclass(frozen=True, kw_only=True, slots=True)
class Failure:
    """Something that does not render from the new sources.

    Attributes:
        name: A component with its variant, or a deployment.
        component: The component's name; empty for a deployment.
        reason: What its tool says.
    """

    name: str
    component: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """What other versions of sources lead to.

    Attributes:
        before: The old lock file.
        after: The new one.
        lock: Its text.
        followed: What moved along, and what the new trees name that is not there.
        pinned: What was found out about each source that moved.
        proposals: For each path that is missing, folders that it may have become.
        failures: What does not render from an empty cache.
        uncompared: Components that did not render from the old sources.
        changes: The components whose objects differ.
        losses: What they lost that something needs.
        superseded: Copies in whose place sources stand.
        objects: All objects from the old sources, as our plans name them.
    """

    before: UpstreamLock
    after: UpstreamLock
    lock: bytes
    followed: Followed
    pinned: Mapping[str, Pinned]
    proposals: Mapping[str, Sequence[str]]
    failures: Sequence[Failure]
    uncompared: Sequence[str]
    changes: Sequence[Changes]
    losses: Sequence[Loss]
    superseded: Sequence[Superseded]
    objects: frozenset[str]


def try_moves(
    moves: Sequence[Move], workshop: Workshop, deployments: Mapping[str, Deployment]
) -> Trial:
    """Pin other versions in a copy, follow what they name, render everything and compare.

    The new sources are fetched into an empty cache, so that what renders here renders in a fresh
    clone.

    Args:
        moves: The sources and their versions.
        workshop: Where.
        deployments: By name, what is rendered once every component renders.

    Raises:
        UserError: A version cannot be had, or is not what it says it is.
    """
    trial = workshop.workspace / "manifests"
    shutil.copytree(workshop.manifests, trial)
    fresh = workshop.workspace / "cache"
    fresh.mkdir()
    (workshop.cache / "tools").mkdir(parents=True, exist_ok=True)
    (fresh / "tools").symlink_to((workshop.cache / "tools").resolve())
    lock_file = trial / LOCK_FILE
    pinned: dict[str, Pinned] = {}

    def pin_one(move: Move) -> None:
        pinned[move.name] = pin(
            lock_file,
            move,
            mirror=workshop.mirror,
            notify=workshop.notify,
            helm=workshop.tools.helm,
        )

    for move in moves:
        pin_one(move)
    components = list(load_components(trial / "components").values())
    followed = follow(
        lock_file,
        components,
        chosen=frozenset(move.name for move in moves),
        fetch=lambda lock: _fetch(lock, fresh, workshop),
        pin=pin_one,
    )
    base = _base(workshop)
    old_lock = load_lock(base / LOCK_FILE)
    old_sources = _fetch(old_lock, workshop.cache, workshop)
    old = _render(base, old_sources, workshop.cache, workshop)
    new = _render(trial, followed.sources, fresh, workshop)
    failures = [
        Failure(name=name, component=name.partition(" ")[0], reason=str(outcome))
        for name, outcome in new.items()
        if isinstance(outcome, UserError)
    ]
    compared = _compared(old, new)
    return Trial(
        before=old_lock,
        after=load_lock(lock_file),
        lock=lock_file.read_bytes(),
        followed=followed,
        pinned=pinned,
        proposals=proposals(
            sorted({entry.in_upstream for entry in followed.missing}),
            old_sources.root,
            followed.sources.root,
        ),
        failures=failures or _failing(deployments, trial, fresh, workshop),
        uncompared=sorted(
            {
                name.partition(" ")[0]
                for name, outcome in old.items()
                if name in new and isinstance(outcome, UserError)
            }
        ),
        changes=changes_between(compared),
        losses=losses_of(compared),
        superseded=list(superseded_in(load_lock(lock_file), fresh)),
        objects=frozenset(
            str(key_of(item))
            for outcome in old.values()
            if isinstance(outcome, Rendered)
            for item in outcome.objects
        ),
    )


def _base(workshop: Workshop) -> Path:
    """The folder to compare with: what is committed, if it has the same sources."""
    if workshop.committed:
        mine = load_lock(workshop.manifests / LOCK_FILE).sources
        try:
            theirs = load_lock(workshop.committed / LOCK_FILE).sources
        except UserError:
            return workshop.manifests
        if all(name in mine and mine[name].digest == theirs[name].digest for name in theirs):
            return workshop.committed
    return workshop.manifests


def _fetch(lock: UpstreamLock, cache: Path, workshop: Workshop) -> Sources:
    options = SourceOptions(cache=cache, mirror=workshop.mirror, helm=workshop.tools.helm)
    return fetch_sources(lock, options, workshop.notify)


def _render(
    manifests: Path, sources: Sources, cache: Path, workshop: Workshop
) -> dict[str, Rendered | UserError]:
    selection = every_variant(load_components(manifests / "components").values())
    outcomes = render_each(
        selection,
        sources=sources,
        tools=workshop.tools,
        cache=cache,
        notify=workshop.notify,
        kubernetes_version=DEFAULT_KUBERNETES_VERSION,
    )
    return {str(one): outcome for one, outcome in zip(selection, outcomes, strict=True)}


def _compared(
    old: Mapping[str, Rendered | UserError], new: Mapping[str, Rendered | UserError]
) -> list[Compared]:
    """What rendered from both; a variant that is new has lost nothing."""
    return [
        Compared(
            component=after.component,
            before=before.objects if isinstance(before, Rendered) else (),
            after=after.objects,
        )
        for name, after in new.items()
        if isinstance(after, Rendered) and not isinstance(before := old.get(name), UserError)
    ]


def _failing(
    deployments: Mapping[str, Deployment], trial: Path, fresh: Path, workshop: Workshop
) -> list[Failure]:
    """Deployments whose platform is refused: objects defined twice, settings without a place."""
    failures = []
    for name, deployment in deployments.items():
        mirror = workshop.mirror
        if mirror is None and deployment.upstream.mirror:
            mirror = workshop.manifests.parent / deployment.upstream.mirror
        try:
            options = RenderOptions(manifests=trial, cache=fresh, mirror=mirror)
            render_platform(deployment, options)
        except UserError as error:
            failures.append(Failure(name=f"deployment {name}", component="", reason=str(error)))
    return failures
