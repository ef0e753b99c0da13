"""What a command works on: the folders of the checkout, and the deployment that it is about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.rendering.options import MIRROR_VARIABLE

MANIFESTS: Final = PROJECT / "manifests"
CACHE: Final = PROJECT / "build" / "cache"
DEPLOYMENTS: Final = PROJECT / "deployments"


def deployment_of(name: str) -> Deployment:
    """The deployment that somebody named.

    Args:
        name: A name under deployments/, or the path of a file.

    Raises:
        DeploymentError: The file is missing, or breaks a rule.
    """
    return load_deployment(deployment_path(PROJECT, name))


def mirror() -> Path | None:
    """The mirror of the upstream sources that the caller's environment names."""
    value = os.environ.get(MIRROR_VARIABLE)
    return Path(value) if value else None
