"""How to render: where everything is, and whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kubeflow_aws.upstream.fetching import Notify

MIRROR_VARIABLE: Final = "KUBEFLOW_UPSTREAM_MIRROR"
"""Variable of the environment with a mirror of upstream sources for one run."""


def tell_nobody(line: str) -> None:
    """Takes a progress line, and says nothing."""
    del line


@dataclass(frozen=True, kw_only=True, slots=True)
class RenderOptions:
    """How to render, whatever the deployment.

    Attributes:
        manifests: The folder with the lock file, the components and the sample.
        cache: Folder for sources, tools and renders; may be empty.
        mirror: Mirror of upstream sources; the deployment file's own if there is none.
        notify: Takes progress lines.
        allow_sample: Render the bundled sample where upstream cannot be had.
    """

    manifests: Path
    cache: Path
    mirror: Path | None = None
    notify: Notify = tell_nobody
    allow_sample: bool = False


def options_of_checkout(
    project: Path,
    *,
    mirror: str | Path | None,
    notify: Notify = tell_nobody,
    allow_sample: bool = False,
) -> RenderOptions:
    """How to render in a checkout of this project.

    Args:
        project: The checkout.
        mirror: Mirror of upstream sources, or what the environment says of it, which may be empty.
        notify: Takes progress lines.
        allow_sample: Render the bundled sample where upstream cannot be had.
    """
    return RenderOptions(
        manifests=project / "manifests",
        cache=project / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=notify,
        allow_sample=allow_sample,
    )
