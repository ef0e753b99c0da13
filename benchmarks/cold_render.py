"""Renders the default deployment; cold if build/cache/render is gone."""

from __future__ import annotations

import os
from pathlib import Path

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.rendering.options import MIRROR_VARIABLE, options_of_checkout
from kubeflow_aws.rendering.platform import Platform, render_platform

PROJECT = Path(__file__).resolve().parents[1]


def render_default() -> tuple[Deployment, Platform]:
    """The default deployment and its platform."""
    deployment = load_deployment(deployment_path(PROJECT, None))
    options = options_of_checkout(PROJECT, mirror=os.environ.get(MIRROR_VARIABLE))
    return deployment, render_platform(deployment, options)


if __name__ == "__main__":
    render_default()
