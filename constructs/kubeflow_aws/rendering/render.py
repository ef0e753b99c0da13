"""Renders components with kustomize and helm: in parallel, cached, without the network."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects import kubernetes_object as objects_module
from kubeflow_aws.objects.kubernetes_object import (
    KubernetesObject,
    ObjectKey,
    key_of,
    parse_objects,
)
from kubeflow_aws.rendering import component as component_module
from kubeflow_aws.rendering import foreign_fields as foreign_fields_module
from kubeflow_aws.rendering import slimming as slimming_module
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.rendering.foreign_fields import without_foreign_fields
from kubeflow_aws.rendering.slimming import slim
from kubeflow_aws.upstream.fetching import Notify
from kubeflow_aws.upstream.sources import Sources
from kubeflow_aws.upstream.tools import Tools

CLOSED_PROXY = "http://127.0.0.1:9"
"""kustomize fetches remote references with git or HTTP; through this proxy neither gets out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Selected:
    """A component and, unless it is a chart, the variant of it to render."""

    component: Component
    variant: str | None = None

    def __str__(self) -> str:
        """For example ``pipelines (in-cluster)``."""
        return f"{self.component.name} ({self.variant})" if self.variant else self.component.name


@dataclass(frozen=True, kw_only=True, slots=True)
class Rendered:
    """A component and its objects, slimmed and without what others write; placeholders in place."""

    component: Component
    objects: Sequence[KubernetesObject]


class RenderError(UserError):
    """kustomize or helm refused a component, or components define the same object."""


def render(
    selection: Iterable[Selected],
    *,
    sources: Sources,
    tools: Tools,
    cache: Path,
    notify: Notify,
    kubernetes_version: str,
    workers: int | None = None,
) -> list[Rendered]:
    """Render components, each from the cache if nothing that goes into it has changed.

    Args:
        selection: What to render.
        sources: The upstream tree.
        tools: kubectl and helm.
        cache: Folder of the render cache.
        notify: Takes progress lines.
        kubernetes_version: Minor version that charts are rendered for.
        workers: Processes side by side; one per core by default.

    Raises:
        RenderError: A tool refuses a component, or two components define one object.
    """
    rendered = all_rendered(
        render_each(
            selection,
            sources=sources,
            tools=tools,
            cache=cache,
            notify=notify,
            kubernetes_version=kubernetes_version,
            workers=workers,
        )
    )
    _refuse_shared_objects(rendered)
    return rendered


def all_rendered(outcomes: Iterable[Rendered | UserError]) -> list[Rendered]:
    """What was rendered, if all of it was.

    Raises:
        UserError: The first that a tool refused.
    """
    rendered = []
    for outcome in outcomes:
        if isinstance(outcome, UserError):
            raise outcome
        rendered.append(outcome)
    return rendered


def render_each(
    selection: Iterable[Selected],
    *,
    sources: Sources,
    tools: Tools,
    cache: Path,
    notify: Notify,
    kubernetes_version: str,
    workers: int | None = None,
) -> list[Rendered | UserError]:
    """Render components, each by itself: one that fails stops no other.

    Args:
        selection: What to render; variants of one component may be among them.
        sources: The upstream tree.
        tools: kubectl and helm.
        cache: Folder of the render cache.
        notify: Takes progress lines.
        kubernetes_version: Minor version that charts are rendered for.
        workers: Processes side by side; one per core by default.

    Returns:
        For each, in the order of the selection, its objects or what a tool says against it.
    """
    selected = list(selection)
    jobs = [
        _Job(
            component=one.component,
            variant=one.variant,
            sources=sources,
            tools=tools,
            kubernetes_version=kubernetes_version,
            target=cache / "render" / f"{_digest(one, sources, tools, kubernetes_version)}.json",
        )
        for one in selected
    ]
    missing = [job for job in jobs if not job.target.is_file()]
    failures: dict[Path, UserError | None] = {}
    if missing:
        notify(f"rendering {len(missing)} components from {sources.origin} sources")
        (cache / "render").mkdir(parents=True, exist_ok=True)
        # The biggest first, so that no worker starts one when the others are done.
        missing.sort(key=lambda job: job.component.weight, reverse=True)
        with ProcessPoolExecutor(max_workers=workers) as pool:
            for job, failure in zip(missing, pool.map(_try_to_render, missing), strict=True):
                notify(f"  {job.component.name}")
                failures[job.target] = failure
    return [failures.get(job.target) or _rendered(job) for job in jobs]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Job:
    component: Component
    variant: str | None
    sources: Sources
    tools: Tools
    kubernetes_version: str
    target: Path


def _rendered(job: _Job) -> Rendered:
    objects = json.loads(job.target.read_text(encoding="utf-8"))
    return Rendered(component=job.component, objects=objects)


def _try_to_render(job: _Job) -> UserError | None:
    try:
        _render_to_cache(job)
    except UserError as error:
        return error
    return None


def _render_to_cache(job: _Job) -> None:
    text = _chart(job) if job.component.chart else _kustomization(job)
    objects = [
        without_foreign_fields(slim(item))
        for item in parse_objects(text, origin=f"component {job.component.name}")
    ]
    with tempfile.NamedTemporaryFile(
        "w", dir=job.target.parent, delete=False, encoding="utf-8"
    ) as file:
        json.dump(objects, file)
    Path(file.name).rename(job.target)


def _kustomization(job: _Job) -> str:
    """Build the overlay in a workspace where ../../upstream is the fetched tree."""
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-") as workspace:
        root = Path(workspace)
        shutil.copytree(job.component.folder, root / "components" / job.component.name)
        (root / "upstream").symlink_to(job.sources.root.resolve())
        overlay = root / "components" / job.component.name / job.component.overlay(job.variant)
        return _run(
            job, [str(job.tools.kubectl), "kustomize", str(overlay)], hide=(workspace, "manifests")
        )


def _chart(job: _Job) -> str:
    chart = job.component.chart
    if chart is None:
        raise RenderError(f"component {job.component.name} has no chart")
    command = [
        str(job.tools.helm),
        "template",
        chart.release,
        str(job.sources.root / chart.source),
        f"--namespace={chart.namespace}",
        f"--values={job.component.folder / 'values.yaml'}",
        f"--kube-version={job.kubernetes_version}.0",
        "--include-crds",
        "--skip-tests",
    ]
    return _run(job, command, hide=("", ""))


def _run(job: _Job, command: list[str], *, hide: tuple[str, str]) -> str:
    with tempfile.TemporaryDirectory(prefix="kubeflow-aws-home-") as home:
        environment = {
            # git and remote charts are not to be found, and proxies lead nowhere.
            "PATH": "",
            "HOME": home,
            "TMPDIR": tempfile.gettempdir(),
            # A render lasts a second or two; collecting less garbage makes it faster.
            "GOGC": "400",
            "HTTP_PROXY": CLOSED_PROXY,
            "HTTPS_PROXY": CLOSED_PROXY,
        }
        done = subprocess.run(  # noqa: S603
            command, capture_output=True, text=True, check=False, env=environment
        )
    if done.returncode:
        reason = done.stderr.strip().replace(*hide) if hide[0] else done.stderr.strip()
        errors = [line for line in reason.splitlines() if not line.startswith("# Warning")]
        raise RenderError(
            f"component {job.component.name} cannot be rendered:\n" + "\n".join(errors)
        )
    return done.stdout


def _digest(one: Selected, sources: Sources, tools: Tools, kubernetes_version: str) -> str:
    """Identifies everything that goes into a render, our own code included."""
    total = hashlib.sha256()
    for part in (sources.digest, tools.versions, kubernetes_version, str(one.variant)):
        total.update(f"{part}\0".encode())
    code = (component_module, foreign_fields_module, objects_module, slimming_module)
    files = [Path(str(module.__file__)) for module in code] + [Path(__file__)]
    own = sorted(file for file in one.component.folder.rglob("*") if file.is_file())
    for file in [*files, *own]:
        total.update(
            f"{os.path.relpath(file, one.component.folder)}\0".encode() + file.read_bytes()
        )
    return f"{one.component.name}-{total.hexdigest()[:24]}"


def _refuse_shared_objects(rendered: Iterable[Rendered]) -> None:
    owners: dict[ObjectKey, str] = {}
    for one in rendered:
        for item in one.objects:
            key = key_of(item)
            if key in owners:
                raise RenderError(
                    f"{key} is defined twice, by components {owners[key]} and "
                    f"{one.component.name}; remove it from one of their overlays"
                )
            owners[key] = one.component.name
