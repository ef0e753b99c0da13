"""Upstream's own example, rendered whole."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, parse_objects
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.source_places import linked_tree
from kubeflow_aws.upstream.tools import find_tools


@pytest.fixture(scope="session")
def example_text(upstream_platform: Platform, project: Path) -> str:
    """What `kubectl kustomize example` prints, the way upstream's README installs Kubeflow."""
    assert upstream_platform.components
    cache = project / "build" / "cache"
    lock = load_lock(project / "manifests" / "upstream.lock.yaml")
    tree = linked_tree(lock, cache) / "kubeflow-manifests" / "example"
    tools = find_tools(kubernetes_versions()["1.35"], cache)
    done = subprocess.run(
        [str(tools.kubectl), "kustomize", str(tree)], capture_output=True, text=True, check=True
    )
    return done.stdout


@pytest.fixture(scope="session")
def example(example_text: str) -> list[KubernetesObject]:
    """The objects of upstream's example."""
    return parse_objects(example_text, origin="upstream's example")
