"""Shared files, node pools, alarms and the examples on a local cloud, with the real CDK CLI.

The tests follow one another on one cloud, after those of other modules have left it empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from tests.e2e.laboratory import Laboratory
from tests.support.assembly import PROJECT, synthesize
from tests.support.deployments import variation
from tests.support.platforms import best_of
from tests.support.surroundings import prepare

pytestmark = [pytest.mark.e2e, pytest.mark.filterwarnings("default")]

EXAMPLES = PROJECT / "examples"
POOLS = "/apis/karpenter.sh/v1/nodepools"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for each assembly."""
    return iter(lambda: tmp_path_factory.mktemp("data-plane"), None)


def names(laboratory: Laboratory, path: str) -> set[str]:
    return {item["metadata"]["name"] for item in laboratory.read(path)["items"]}


def test_everything_that_users_work_on_comes_up(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    prepare(laboratory.cloud.clients, data_plane)
    laboratory.deploy(synthesize(data_plane, best_of(data_plane), next(folders)))

    assert set(laboratory.statuses().values()) == {"CREATE_COMPLETE"}
    assert {"KubeflowStorage", "KubeflowMonitoring"} <= laboratory.statuses().keys()
    assert names(laboratory, "/apis/storage.k8s.io/v1/storageclasses") == {"efs", "fsx", "gp3"}
    assert names(laboratory, POOLS) == {"cpu", "gpu", "neuron"}


def test_storage_classes_name_the_file_systems_that_were_made(laboratory: Laboratory) -> None:
    efs = laboratory.client("efs")
    [shared] = efs.describe_file_systems()["FileSystems"]
    [fast] = laboratory.client("fsx").describe_file_systems()["FileSystems"]
    efs_class = laboratory.read("/apis/storage.k8s.io/v1/storageclasses/efs")
    volume: Any = laboratory.read("/api/v1/persistentvolumes/fast-alice")

    assert efs_class["parameters"]["fileSystemId"] == shared["FileSystemId"]
    assert shared["Encrypted"] is True
    targets = efs.describe_mount_targets(FileSystemId=shared["FileSystemId"])["MountTargets"]
    assert len({each["AvailabilityZoneName"] for each in targets}) == 3
    assert volume["spec"]["csi"]["volumeAttributes"]["dnsname"] == fast["DNSName"]
    assert fast["StorageCapacity"] == 1200


def test_folders_were_there_before_the_profiles(laboratory: Laboratory) -> None:
    [job] = laboratory.read("/apis/batch/v1/namespaces/kube-system/jobs")["items"]
    profile = laboratory.read("/apis/kubeflow.org/v1/profiles/alice")

    assert job["status"]["completionTime"] <= profile["metadata"]["creationTimestamp"]
    assert names(laboratory, "/api/v1/namespaces/alice/persistentvolumeclaims") == {
        "fast",
        "shared",
    }


def test_the_operator_hears_of_trouble(laboratory: Laboratory) -> None:
    sns, cloudwatch = laboratory.client("sns"), laboratory.client("cloudwatch")
    [topic] = sns.list_topics()["Topics"]
    alarms = cloudwatch.describe_alarms()["MetricAlarms"]
    [subscription] = sns.list_subscriptions()["Subscriptions"]

    assert alarms
    assert all(alarm["AlarmActions"] == [topic["TopicArn"]] for alarm in alarms)
    assert subscription["Endpoint"] == "ops@example.com"
    [dashboard] = cloudwatch.list_dashboards()["DashboardEntries"]
    assert dashboard["DashboardName"] == "kubeflow-us-west-2"


def test_the_examples_are_taken_by_the_cluster(laboratory: Laboratory) -> None:
    for arguments in (
        ("-f", str(EXAMPLES / "storage")),
        ("-k", str(EXAMPLES / "training")),
        ("-f", str(EXAMPLES / "training" / "pytorch-job.yaml")),
        ("-f", str(EXAMPLES / "serving")),
    ):
        done = laboratory.kubectl("apply", "--server-side", *arguments)
        assert done.returncode == 0, done.stderr

    jobs = names(laboratory, "/apis/trainer.kubeflow.org/v1alpha1/namespaces/alice/trainjobs")
    assert jobs == {"distributed"}


def test_an_example_with_a_mistake_is_refused(laboratory: Laboratory, tmp_path: Path) -> None:
    text = (EXAMPLES / "training" / "train-job.yaml").read_text("utf-8")
    wrong = tmp_path / "train-job.yaml"
    wrong.write_text(text.replace("numNodes: 2", "numNodes: two"), encoding="utf-8")

    done = laboratory.kubectl("apply", "--server-side", "-n", "alice", "-f", str(wrong))

    assert done.returncode != 0
    assert "numNodes" in done.stderr


def test_a_pool_that_leaves_the_file_goes_and_a_new_profile_has_everything(
    laboratory: Laboratory, data_plane: Deployment, folders: Iterator[Path]
) -> None:
    changed = variation(
        data_plane,
        {
            "cluster": {"node_pools": {"neuron": None}},
            "notebooks": {"culling": {"idle_minutes": 60}},
            "profiles": [
                {"name": name, "owner": "alice@example.com"} for name in ("alice", "bob", "carol")
            ],
        },
    )
    laboratory.deploy(synthesize(changed, best_of(changed), next(folders)))

    assert names(laboratory, POOLS) == {"cpu", "gpu"}
    assert names(laboratory, "/api/v1/namespaces/carol/persistentvolumeclaims") == {
        "fast",
        "shared",
    }
    controller: Any = laboratory.read(
        "/apis/apps/v1/namespaces/kubeflow/deployments/notebook-controller-deployment"
    )
    [container] = controller["spec"]["template"]["spec"]["containers"]
    assert {"name": "CULL_IDLE_TIME", "value": "60"} in container["env"]


def test_everything_goes(laboratory: Laboratory) -> None:
    laboratory.cdk.destroy(laboratory.last_assembly)

    assert laboratory.stacks() == []
    assert laboratory.leftovers() == {}
