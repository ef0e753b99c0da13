"""Renders the default deployment; cold if build/cache/render is gone."""

from __future__ import annotations

import os
from pathlib import Path

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.rendering.platform import Platform, render_platform

PROJECT = Path(__file__).resolve().parents[1]


def render_default() -> tuple[Deployment, Platform]:
    """The default deployment and its platform."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    deployment = load_deployment(deployment_path(PROJECT, None))
    platform = render_platform(
        deployment,
        manifests=PROJECT / "manifests",
        cache=PROJECT / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=lambda _: None,
    )
    return deployment, platform


if __name__ == "__main__":
    render_default()
