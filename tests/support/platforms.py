"""Renders a deployment's platform, from the bundled sample or from the best there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering.platform import Platform, render_all_variants, render_platform
from tests.support.deployments import variation

PROJECT = Path(__file__).resolve().parents[2]


def sample_of(deployment: Deployment, cache: Path) -> Platform:
    """A deployment's platform, rendered from the bundled sample."""
    return render_platform(
        variation(deployment, {"upstream": {"offline": True}}),
        manifests=PROJECT / "manifests",
        cache=cache,
        mirror=None,
        notify=lambda _: None,
        allow_sample=True,
    )


def best_of(deployment: Deployment) -> Platform:
    """The same from real upstream where the cache, a mirror or the network has it."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    return render_platform(
        deployment,
        manifests=PROJECT / "manifests",
        cache=PROJECT / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=lambda line: print(line, file=sys.stderr),
        allow_sample=True,
    )


def all_sample_variants_of(deployment: Deployment, cache: Path) -> Platform:
    """Every component in every variant, rendered from the bundled sample."""
    return render_all_variants(
        variation(deployment, {"upstream": {"offline": True}}),
        manifests=PROJECT / "manifests",
        cache=cache,
        mirror=None,
        notify=lambda _: None,
        allow_sample=True,
    )


def all_variants_of(deployment: Deployment) -> Platform:
    """The same from real upstream where the cache, a mirror or the network has it."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    return render_all_variants(
        deployment,
        manifests=PROJECT / "manifests",
        cache=PROJECT / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=lambda line: print(line, file=sys.stderr),
        allow_sample=True,
    )
