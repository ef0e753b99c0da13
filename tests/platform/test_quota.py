"""Under the quota of the README, a real API server admits every kind of pod that users make."""

from __future__ import annotations

import copy
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from kubeflow_aws.deployment.profiles import Profile, Quota
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.profiles.limits import limit_range
from kubeflow_aws.profiles.pod_defaults import PodDefaults
from kubeflow_aws.profiles.profiles import profile_packs
from kubeflow_aws.profiles.volumes import ProfileVolumes
from tests.platform.cluster import PlatformCluster, read_objects

pytestmark = [pytest.mark.platform, pytest.mark.filterwarnings("default")]

WORKLOADS: Final = {
    name: pod for name, [pod] in read_objects(Path(__file__).parent / "workloads").items()
}
"""A pod of each kind, with the resources that its makers give it."""

ASKS_FOR_NOTHING: Final = {
    "katib-suggestion",
    "katib-trial",
    "pipeline-driver",
    "pipeline-step",
    "predictor",
    "tensorboard",
    "train-job",
    "volume-viewer",
}
"""Kinds with a container without requests, which a quota alone refuses."""


def readme_quota(project: Path) -> Quota:
    """The quota that the README shows."""
    text = (project / "README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"quota: (\{[^}]*\})", text)
    return Quota.model_validate_json(json.dumps(yaml.safe_load(shown)))


def hard(quota: Quota) -> Any:
    """What the profile controller writes into its ResourceQuota."""
    profile = Profile(name="quota", owner="a@example.com", quota=quota)
    [[pack]] = profile_packs(
        [profile],
        ProfileVolumes(efs_class=None, fsx=None),
        PodDefaults(pipelines=False, artifacts_bucket=None, region="us-west-2"),
    ).values()
    [spec] = [item["spec"] for item in pack.objects if item["kind"] == "Profile"]
    assert isinstance(spec, dict)
    return spec["resourceQuotaSpec"]


def namespace(platform: PlatformCluster, name: str, quota: Any, *others: KubernetesObject) -> str:
    """A namespace as the profile controller leaves it, and other objects in it."""
    labels = {"pod-security.kubernetes.io/enforce": "baseline"}
    create(platform, {"kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    for account in ("default", "default-editor"):
        metadata = {"name": account, "namespace": name}
        create(platform, {"kind": "ServiceAccount", "metadata": metadata})
    metadata = {"name": "kf-resource-quota", "namespace": name}
    create(platform, {"kind": "ResourceQuota", "metadata": metadata, "spec": quota})
    # The controller manager's work, but at once: a quota that was never counted refuses everything.
    used = dict.fromkeys(quota["hard"], "0")
    status = json.dumps({"status": {**quota, "used": used}})
    words = ("patch", "resourcequota", "kf-resource-quota", "-n", name, "--subresource=status")
    done = platform.laboratory.kubectl(*words, "--type=merge", "-p", status)
    assert done.returncode == 0, done.stderr
    for item in others:
        create(platform, item)
    return name


def create(platform: PlatformCluster, item: dict[str, Any]) -> None:
    done = platform.laboratory.kubectl(
        "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", **item})
    )
    assert done.returncode == 0, done.stderr


def admit(platform: PlatformCluster, pod: Any, where: str) -> subprocess.CompletedProcess[str]:
    """Ask whether a pod would be admitted; it is not made."""
    words = ("create", "-n", where, "--dry-run=server", "-o", "json", "-f", "-")
    return platform.laboratory.kubectl(*words, stdin=json.dumps(pod))


@pytest.fixture(scope="module")
def profile(platform: PlatformCluster, project: Path) -> Iterator[str]:
    """A profile with the quota of the README."""
    name = "quota-of-the-readme"
    yield namespace(platform, name, hard(readme_quota(project)), limit_range(name))
    platform.laboratory.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="module")
def without_limit_range(platform: PlatformCluster, project: Path) -> Iterator[str]:
    """The same without a LimitRange, as the profile controller alone would make it."""
    name = "quota-alone"
    yield namespace(platform, name, hard(readme_quota(project)))
    platform.laboratory.kubectl("delete", "namespace", name, "--wait=false")


@pytest.mark.parametrize("kind", WORKLOADS)
def test_every_kind_of_pod_is_admitted_under_the_quota_of_the_readme(
    kind: str, platform: PlatformCluster, profile: str
) -> None:
    done = admit(platform, WORKLOADS[kind], profile)

    assert done.returncode == 0, done.stderr
    spec = json.loads(done.stdout)["spec"]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()


@pytest.mark.parametrize("kind", WORKLOADS)
def test_nothing_is_limited_that_asked_for_no_limit(
    kind: str, platform: PlatformCluster, profile: str
) -> None:
    asked = WORKLOADS[kind]["spec"]
    found = json.loads(admit(platform, WORKLOADS[kind], profile).stdout)["spec"]

    for part in ("containers", "initContainers"):
        limits = [each.get("resources", {}).get("limits") for each in asked.get(part, [])]
        assert [each["resources"].get("limits") is None for each in found.get(part, [])] == [
            each is None for each in limits
        ]


@pytest.mark.parametrize("kind", WORKLOADS)
def test_a_quota_alone_refuses_whatever_asks_for_nothing(
    kind: str, platform: PlatformCluster, without_limit_range: str
) -> None:
    done = admit(platform, WORKLOADS[kind], without_limit_range)

    assert (done.returncode != 0) is (kind in ASKS_FOR_NOTHING)
    if done.returncode:
        assert "must specify requests." in done.stderr


def test_more_gpus_than_the_quota_are_refused(platform: PlatformCluster, profile: str) -> None:
    pod = copy.deepcopy(WORKLOADS["notebook-with-gpus"])
    pod["spec"]["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] = "3"

    done = admit(platform, pod, profile)

    assert done.returncode != 0
    assert "exceeded quota: kf-resource-quota, requested: requests.nvidia.com/gpu=3" in done.stderr
