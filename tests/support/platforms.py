"""Renders a deployment's platform, from the bundled sample or from the best there is."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.rendering.options import MIRROR_VARIABLE, RenderOptions, options_of_checkout
from kubeflow_aws.rendering.platform import Platform, render_all_variants, render_platform
from tests.support.deployments import variation

PROJECT = Path(__file__).resolve().parents[2]


def sample_of(deployment: Deployment, cache: Path) -> Platform:
    """A deployment's platform, rendered from the bundled sample."""
    return render_platform(*_of_sample(deployment, cache))


def all_sample_variants_of(deployment: Deployment, cache: Path) -> Platform:
    """Every component in every variant, rendered from the bundled sample."""
    return render_all_variants(*_of_sample(deployment, cache))


def best_of(deployment: Deployment) -> Platform:
    """The same from real upstream where the cache, a mirror or the network has it."""
    return render_platform(deployment, _best())


def all_variants_of(deployment: Deployment) -> Platform:
    """The same from real upstream where the cache, a mirror or the network has it."""
    return render_all_variants(deployment, _best())


def _of_sample(deployment: Deployment, cache: Path) -> tuple[Deployment, RenderOptions]:
    return (
        variation(deployment, {"upstream": {"offline": True}}),
        RenderOptions(manifests=PROJECT / "manifests", cache=cache, allow_sample=True),
    )


def _best() -> RenderOptions:
    return options_of_checkout(
        PROJECT,
        mirror=os.environ.get(MIRROR_VARIABLE),
        notify=lambda line: print(line, file=sys.stderr),
        allow_sample=True,
    )
