"""A Job of another form is another Job, and its gate waits for that one."""

from __future__ import annotations

import copy
from pathlib import Path

from kubeflow_aws.manifests.component import Component, Gate
from kubeflow_aws.manifests.jobs import name_jobs
from kubeflow_aws.manifests.objects import KubernetesObject, metadata
from kubeflow_aws.manifests.render import Rendered


def rendered(folder: Path, image: str) -> Rendered:
    (folder / "kustomization.yaml").touch()
    job: KubernetesObject = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "prepare", "namespace": "kubeflow"},
        "spec": {"template": {"spec": {"containers": [{"name": "a", "image": image}]}}},
    }
    other: KubernetesObject = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "prepare", "namespace": "kubeflow"},
    }
    return Rendered(
        component=Component(
            name="thing",
            description="A thing.",
            folder=folder,
            ready=(
                Gate(kind="Job", namespace="kubeflow", name="prepare"),
                Gate(kind="Deployment", namespace="kubeflow", name="prepare"),
            ),
        ),
        objects=[job, other],
    )


def names(found: Rendered) -> list[str]:
    return [str(metadata(item)["name"]) for item in found.objects]


def test_a_job_and_its_gate_have_the_same_new_name(tmp_path: Path) -> None:
    found = name_jobs(rendered(tmp_path, "a:1"))
    [job, config_map] = names(found)

    assert job.startswith("prepare-")
    assert config_map == "prepare"
    assert [gate.name for gate in found.component.ready] == [job, "prepare"]


def test_the_name_changes_with_what_the_job_runs_and_only_then(tmp_path: Path) -> None:
    one = rendered(tmp_path, "a:1")
    before = copy.deepcopy(one.objects)

    assert names(name_jobs(one)) == names(name_jobs(rendered(tmp_path, "a:1")))
    assert names(name_jobs(one)) != names(name_jobs(rendered(tmp_path, "a:2")))
    assert one.objects == before
