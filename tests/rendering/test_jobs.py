"""A Job of another form is another Job, its gate waits for that one, and none runs for ever."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.applying.applied_component import GATE_TIMEOUT
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, metadata
from kubeflow_aws.rendering.component import Component, Gate
from kubeflow_aws.rendering.jobs import name_jobs
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from tests.support.assembly import Assembly, CheckedAssembly


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


def job_specs(objects: list[KubernetesObject]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every Job's spec, those of CronJobs included."""
    for item in objects:
        spec: Any = item.get("spec")
        if item["kind"] in {"Job", "CronJob"}:
            inner = spec["jobTemplate"]["spec"] if item["kind"] == "CronJob" else spec
            yield f"{item['kind']} {metadata(item)['name']}", inner


@pytest.fixture(
    params=[
        "all_sample_variants",
        pytest.param("all_upstream_variants", marks=pytest.mark.upstream),
    ]
)
def every_variant(request: pytest.FixtureRequest) -> Platform:
    """Every component in every variant, of either source."""
    platform: Platform = request.getfixturevalue(request.param)
    return platform


def test_every_job_has_an_end(
    every_variant: Platform,
    data_plane_assembly: Assembly,
    option: Callable[[str], CheckedAssembly],
) -> None:
    applied = (data_plane_assembly, option("rds-s3").assembly)
    objects = [item for assembly in applied for item in assembly.objects()]
    jobs = dict(job_specs([*every_variant.objects, *objects]))

    assert any(name.startswith("CronJob") for name in jobs)
    assert any("kubeflow-fast-files" in name for name in jobs)
    assert {name for name, spec in jobs.items() if "activeDeadlineSeconds" not in spec} == set()
    assert {name for name, spec in jobs.items() if spec.get("backoffLimit", 6) > 6} == set()


def test_a_job_that_a_deployment_waits_for_ends_with_its_patience(
    data_plane_assembly: Assembly, option: Callable[[str], CheckedAssembly]
) -> None:
    for assembly in (data_plane_assembly, option("rds-s3").assembly):
        jobs = [item for item in assembly.objects() if item["kind"] == "Job"]
        assert jobs
        for _, spec in job_specs(jobs):
            assert spec["activeDeadlineSeconds"] == GATE_TIMEOUT.to_seconds()
            # The next deployment, minutes later, must find no Job that has failed.
            assert spec["ttlSecondsAfterFinished"] <= GATE_TIMEOUT.to_seconds()
            # Else the pod goes with its log when the tries are over.
            assert spec["template"]["spec"]["restartPolicy"] == "Never"


def test_what_runs_by_the_clock_runs_once_at_a_time_and_never_stops_coming(
    every_variant: Platform,
) -> None:
    objects = every_variant.objects
    specs: list[Any] = [item["spec"] for item in objects if item["kind"] == "CronJob"]

    assert specs
    for spec in specs:
        assert spec["concurrencyPolicy"] == "Forbid"
        assert spec["startingDeadlineSeconds"] >= 60
