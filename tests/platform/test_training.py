"""Several nodes of each stock training runtime, as the SDK asks for them, on the deployed platform.

Trainer and JobSet do not run here: each Job of a runtime is made as JobSet would make it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator

import pytest

from tests.platform.cluster import Object, PlatformCluster
from tests.support.waiting import eventually

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

RUNTIMES = "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes"
NODES = 3
PROXY = "istio-proxy"


def jobs_of(runtime: Object) -> Iterator[Object]:
    """A Job of the profile for each that a runtime replicates, with several pods."""
    for number, replicated in enumerate(runtime["spec"]["template"]["spec"]["replicatedJobs"]):
        spec = copy.deepcopy(replicated["template"]["spec"])
        spec |= {"parallelism": NODES, "completions": NODES}
        pod = spec["template"].setdefault("spec", {})
        pod.setdefault("restartPolicy", "Never")
        for container in pod["containers"]:
            # Trainer writes the image of the job, where a runtime names none.
            container.setdefault("image", "training")
        name = f"train-{runtime['metadata']['name']}-{number}".replace(".", "-")
        yield {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name, "namespace": "alice"},
            "spec": spec,
        }


def pods_of(platform: PlatformCluster, job: Object) -> list[Object]:
    selector = f"batch.kubernetes.io%2Fjob-name%3D{job['metadata']['name']}"
    return platform.items(f"/api/v1/namespaces/alice/pods?labelSelector={selector}")


def all_containers(pod: Object) -> set[str]:
    spec = pod["spec"]
    return {each["name"] for each in (*spec["containers"], *(spec.get("initContainers") or ()))}


def test_every_node_of_a_stock_runtime_is_placed_outside_the_mesh(
    platform: PlatformCluster,
) -> None:
    jobs = [job for runtime in platform.items(RUNTIMES) for job in jobs_of(runtime)]
    assert jobs
    platform.create(jobs)
    try:
        eventually(
            lambda: [
                job["metadata"]["name"]
                for job in jobs
                if sum(bool(p["spec"].get("nodeName")) for p in pods_of(platform, job)) < NODES
            ]
        )

        proxied = [
            pod["metadata"]["name"]
            for job in jobs
            for pod in pods_of(platform, job)
            if PROXY in all_containers(pod)
        ]
        assert proxied == []
    finally:
        for job in jobs:
            platform.delete(f"/apis/batch/v1/namespaces/alice/jobs/{job['metadata']['name']}")


def test_another_pod_of_a_profile_is_in_the_mesh(platform: PlatformCluster) -> None:
    path = "/api/v1/namespaces/alice/pods/meshed"
    pod: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "meshed", "namespace": "alice"},
        "spec": {"containers": [{"name": "main", "image": "main"}]},
    }
    platform.create([pod])
    try:
        assert PROXY in all_containers(platform.laboratory.read(path))
    finally:
        platform.delete(path)
