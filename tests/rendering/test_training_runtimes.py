"""The training runtimes that come with Trainer work on several nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.platform import Platform


def pods_of(platform: Platform) -> Iterator[tuple[str, Any]]:
    """The pod template of each of a runtime's jobs."""
    for item in platform.objects:
        if item["kind"] in {"ClusterTrainingRuntime", "TrainingRuntime"}:
            spec: Any = item["spec"]
            for job in spec["template"]["spec"]["replicatedJobs"]:
                yield (
                    f"{metadata(item)['name']}/{job['name']}",
                    job["template"]["spec"]["template"],
                )


SOURCES = [
    "sample_platform",
    pytest.param("upstream_platform", marks=pytest.mark.upstream),
]


@pytest.mark.parametrize("name", SOURCES)
def test_every_pod_of_a_training_stays_out_of_the_mesh(
    name: str, request: pytest.FixtureRequest
) -> None:
    pods = dict(pods_of(request.getfixturevalue(name)))

    assert "torch-distributed/node" in pods
    for pod in pods.values():
        assert pod["metadata"]["labels"] == {"sidecar.istio.io/inject": "false"}
        assert pod["spec"]["containers"]


@pytest.mark.parametrize("name", SOURCES)
def test_nothing_else_of_trainer_is_labelled(name: str, request: pytest.FixtureRequest) -> None:
    platform: Platform = request.getfixturevalue(name)
    [trainer] = [one for one in platform.components if one.component.name == "trainer"]

    assert not [
        item
        for item in trainer.objects
        if "sidecar.istio.io/inject" in str(metadata(item).get("labels"))
    ]
