"""Every option, rendered once with its network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.profiles.platform_network import network_of
from kubeflow_aws.reachability.table import Network
from kubeflow_aws.rendering.platform import Platform
from tests.support.platforms import best_of

PROJECT: Final = Path(__file__).resolve().parents[2]
OPTIONS: Final = {
    **{file.stem: file for file in sorted((PROJECT / "deployments").glob("*.yaml"))},
    "data-plane": PROJECT / "tests" / "support" / "data-plane.yaml",
}


def deployment_of(option: str) -> Deployment:
    return load_deployment(OPTIONS[option])


@dataclass(frozen=True, kw_only=True)
class ConnectedPlatform:
    """A platform, and who may connect to whom in it.

    Attributes:
        platform: Its components, rendered.
        network: As its policies make it.
    """

    platform: Platform
    network: Network


@pytest.fixture(scope="session")
def upstream_option(upstream_platform: Platform) -> Callable[[str], ConnectedPlatform]:
    """An option from its real upstream sources; skipped where they cannot be had."""
    assert upstream_platform.components

    @cache
    def of(option: str) -> ConnectedPlatform:
        deployment = deployment_of(option)
        platform = best_of(deployment)
        return ConnectedPlatform(platform=platform, network=network_of(platform, deployment))

    return of


@pytest.fixture(scope="session")
def sample_network(
    sample_option: Callable[[str], Platform], data_plane_platform: Platform
) -> Callable[[str], Network]:
    """An option's network from the sample, which holds a few of the pods and policies."""

    @cache
    def of(option: str) -> Network:
        platform = data_plane_platform if option == "data-plane" else sample_option(option)
        return network_of(platform, deployment_of(option))

    return of
