"""From the release before to this one, as the real API server takes it.

The release before is upstream's own example: what every cluster of that release has in common.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kubeflow_aws.changes.upgrades import load_upgrades
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of, parse_objects
from kubeflow_aws.upstream.lock import load_lock
from kubeflow_aws.upstream.sources import SourceOptions, fetch_sources
from tests.platform.bare import ROOMY_NODE, apply_all, apply_platform
from tests.support.kubernetes import Cluster, running_cluster
from tests.support.platforms import PROJECT, best_of

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

LOCK = Path(__file__).with_name("release-before.lock.yaml")


@pytest.fixture(scope="module")
def cluster(control_plane: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("release-before")
    with running_cluster(folder, programs=control_plane, nodes=[ROOMY_NODE]) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def before(cluster: Cluster) -> list[KubernetesObject]:
    """The example of the release before."""
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    options = SourceOptions(
        cache=PROJECT / "build" / "cache", mirror=Path(mirror) if mirror else None
    )
    try:
        sources = fetch_sources(load_lock(LOCK), options, print)
    except UserError as error:
        pytest.skip(f"the release before cannot be had: {error}")
    text = cluster.kubectl("kustomize", str(sources.root / "kubeflow-manifests" / "example"))
    return parse_objects(text, origin="the example of the release before")


def by_hand() -> set[str]:
    """What the notes on leaving the release before say must be deleted."""
    upgrades = load_upgrades(PROJECT / "manifests" / "upgrades.yaml")
    release = load_lock(LOCK).kubeflow
    return {name for each in upgrades if each.leaving == release for name in each.delete}


def test_what_the_notes_delete_is_all_that_stands_in_the_way(
    cluster: Cluster, before: list[KubernetesObject], data_plane: Deployment
) -> None:
    assert apply_all(cluster, before) == []

    names = by_hand()
    for item in before:
        key = key_of(item)
        if str(key) in names:
            kind = f"{key.kind}.{key.group}" if key.group else key.kind
            where = ("--namespace", key.namespace) if key.namespace else ()
            cluster.kubectl("delete", kind, key.name, *where, "--wait=false")

    assert apply_platform(cluster, best_of(data_plane)) == []
