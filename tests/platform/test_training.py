"""Several nodes of each stock training runtime, as the SDK asks for them, on the deployed platform.

Trainer and JobSet do not run here: each Job of a runtime is made as JobSet would make it.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.platform.cluster import Object, PlatformCluster, namespaced
from tests.support.waiting import eventually

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

RUNTIMES = "/apis/trainer.kubeflow.org/v1alpha1/clustertrainingruntimes"
JOBS = "/apis/batch/v1/namespaces/alice/jobs"
CLAIMS = "/api/v1/namespaces/alice/persistentvolumeclaims"
NODES = 3
PROXY = "istio-proxy"


def claims_of(runtime: Object) -> list[Object]:
    """The claims of the profile that a runtime's JobSet makes for its jobs to share."""
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            # JobSet's CRD says so: <claim-name>-<jobset-name>.
            "metadata": {
                "name": f"{template['metadata']['name']}-{name_of(runtime)}",
                "namespace": "alice",
            },
            "spec": template["spec"],
        }
        for policy in runtime["spec"]["template"]["spec"].get("volumeClaimPolicies") or ()
        for template in policy["templates"]
    ]


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
        mounted = {
            mount["name"] for each in pod["containers"] for mount in each.get("volumeMounts") or ()
        }
        for claim in claims_of(runtime):
            name = claim["metadata"]["name"]
            volume = name.removesuffix(f"-{name_of(runtime)}")
            if volume in mounted:
                source = {"persistentVolumeClaim": {"claimName": name}}
                pod.setdefault("volumes", []).append({"name": volume, **source})
        yield {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": f"{name_of(runtime)}-{number}", "namespace": "alice"},
            "spec": spec,
        }


def name_of(runtime: Object) -> str:
    """The name of a JobSet that is made from it."""
    return f"train-{runtime['metadata']['name']}".replace(".", "-")


def pods_of(platform: PlatformCluster, job: Object) -> list[Object]:
    selector = f"batch.kubernetes.io%2Fjob-name%3D{job['metadata']['name']}"
    return platform.items(f"/api/v1/namespaces/alice/pods?labelSelector={selector}")


def all_containers(pod: Object) -> set[str]:
    spec = pod["spec"]
    return {each["name"] for each in (*spec["containers"], *(spec.get("initContainers") or ()))}


def unplaced(platform: PlatformCluster, jobs: list[Object]) -> list[str]:
    """Jobs with fewer pods on nodes than they have."""
    return [
        job["metadata"]["name"]
        for job in jobs
        if sum(bool(pod["spec"].get("nodeName")) for pod in pods_of(platform, job)) < NODES
    ]


@contextmanager
def trained(platform: PlatformCluster, runtime: Object) -> Iterator[list[Object]]:
    """The jobs of a runtime while the block runs: the next finds the devices free."""
    jobs, claims = list(jobs_of(runtime)), claims_of(runtime)
    platform.create([*claims, *jobs])
    try:
        yield jobs
    finally:
        for job in jobs:
            platform.delete(f"{JOBS}/{job['metadata']['name']}")
        for claim in claims:
            platform.delete(f"{CLAIMS}/{claim['metadata']['name']}")
        eventually(lambda: [namespaced(pod) for job in jobs for pod in pods_of(platform, job)])


def test_every_node_of_a_stock_runtime_is_placed_outside_the_mesh(
    platform: PlatformCluster,
) -> None:
    runtimes = platform.items(RUNTIMES)
    assert runtimes
    for runtime in runtimes:
        with trained(platform, runtime) as jobs:
            eventually(functools.partial(unplaced, platform, jobs))

            proxied = [
                namespaced(pod)
                for job in jobs
                for pod in pods_of(platform, job)
                if PROXY in all_containers(pod)
            ]
            assert proxied == []


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
