"""The Kubernetes APIs of clusters, as resources use them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud.clusters import Clusters
from localcloud.kubernetes.certificates import Authority
from localcloud.resources.eks_state import ClusterName
from localcloud.resources.provider import ResourceError

NAME = ClusterName("123456789012", "us-west-2", "one")


@dataclass
class Silent:
    """An API that does not answer: nobody listens there."""

    ca_certificate: str
    url: str = "https://127.0.0.1:1"

    def pause(self) -> None:
        raise NotImplementedError

    def resume(self) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        raise NotImplementedError


@pytest.fixture
def clusters(tmp_path: Path) -> Clusters:
    clusters = Clusters(tmp_path, lambda *_: Silent(Authority().certificate))
    clusters.start(*NAME, "1.35")
    return clusters


def test_an_api_that_does_not_answer_fails_the_resource(clusters: Clusters) -> None:
    with pytest.raises(ResourceError, match=r"the cluster's Kubernetes API: .*refused"):
        clusters.have_nodes(*NAME, "system", [])
    with pytest.raises(ResourceError, match=r"the cluster's Kubernetes API: .*refused"):
        clusters.define(*NAME, [{}])


def test_a_cluster_that_is_gone_has_no_nodes_to_take_away(clusters: Clusters) -> None:
    clusters.have_nodes("123456789012", "us-west-2", "other", "system", [])
