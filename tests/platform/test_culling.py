"""Culling stops idle notebooks, and spares what it cannot see, on a real control plane."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.platform import Platform
from tests.platform.governed import EDITOR, editable_profile
from tests.support.kubernetes import MERGE, Cluster

pytestmark = pytest.mark.platform

CULLER = "system:serviceaccount:kubeflow:notebook-controller-service-account"
LAST_ACTIVITY = "notebooks.kubeflow.org/last-activity"
SERVER_TYPE = "notebooks.kubeflow.org/server-type"
STOPPED = "kubeflow-resource-stopped"
NOW = datetime.datetime(2026, 11, 30, 12, tzinfo=datetime.UTC)


@pytest.fixture(scope="module")
def cluster(governed: Cluster) -> Cluster:
    """The culler's account may do everything."""
    admin = ("--clusterrole=cluster-admin", f"--user={CULLER}")
    governed.kubectl("create", "clusterrolebinding", "culler", *admin)
    return governed


@pytest.fixture
def profile(cluster: Cluster) -> str:
    return editable_profile(cluster)


def ago(minutes: int) -> str:
    return (NOW - datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def start_notebook(
    cluster: Cluster, namespace: str, annotations: Mapping[str, str], *, minutes_ago: int
) -> None:
    """A notebook as the controller describes it once its container runs."""
    cluster.apply(
        {
            "apiVersion": "kubeflow.org/v1",
            "kind": "Notebook",
            "metadata": {"name": "nb", "namespace": namespace, "annotations": dict(annotations)},
            "spec": {"template": {"spec": {"containers": [{"name": "nb", "image": "a:1"}]}}},
        }
    )
    running = {"running": {"startedAt": ago(minutes_ago)}}
    cluster.done(
        "PATCH",
        f"/apis/kubeflow.org/v1/namespaces/{namespace}/notebooks/nb/status",
        {"status": {"conditions": [], "readyReplicas": 1, "containerState": running}},
        content_type=MERGE,
    )


def annotate(cluster: Cluster, namespace: str, annotation: str, *, by: str) -> str:
    """What kubectl says."""
    done = cluster.try_kubectl(
        "annotate", "notebook", "nb", "-n", namespace, annotation, f"--as={by}"
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "annotations",
    [
        {LAST_ACTIVITY: ago(300), SERVER_TYPE: "jupyter"},
        {LAST_ACTIVITY: ago(300)},
        {LAST_ACTIVITY: ago(300), "kubeflow-aws/keep-running": "false"},
    ],
)
def test_a_notebook_whose_kernels_are_idle_is_stopped(
    annotations: Mapping[str, str], cluster: Cluster, profile: str
) -> None:
    start_notebook(cluster, profile, annotations, minutes_ago=500)

    assert "annotated" in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=CULLER)


@pytest.mark.parametrize(
    ("annotations", "reason"),
    [
        ({LAST_ACTIVITY: ago(300), SERVER_TYPE: "group-one"}, "no kernels that culling could ask"),
        ({LAST_ACTIVITY: ago(300), SERVER_TYPE: "group-two"}, "no kernels that culling could ask"),
        # The culler's first look, before and after the container started.
        ({LAST_ACTIVITY: ago(501), SERVER_TYPE: "jupyter"}, "no kernel was seen"),
        ({LAST_ACTIVITY: ago(500), SERVER_TYPE: "jupyter"}, "no kernel was seen"),
        ({LAST_ACTIVITY: ago(300), "kubeflow-aws/keep-running": "true"}, "keeps it running"),
    ],
)
def test_what_culling_cannot_see_is_spared(
    annotations: Mapping[str, str], reason: str, cluster: Cluster, profile: str
) -> None:
    start_notebook(cluster, profile, annotations, minutes_ago=500)

    assert reason in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=CULLER)
    # What else the controller notes is its own affair, and a user stops what she likes.
    assert "annotated" in annotate(cluster, profile, "note=1", by=CULLER)
    assert "annotated" in annotate(cluster, profile, f"{STOPPED}={ago(0)}", by=EDITOR)


def test_the_policy_knows_the_cullers_name(upstream_platform: Platform) -> None:
    objects = upstream_platform.objects
    [controller] = [
        dict[str, Any](item)
        for item in objects
        if item["kind"] == "Deployment"
        and metadata(item)["name"] == "notebook-controller-deployment"
    ]
    [policy] = [
        item
        for item in objects
        if item["kind"] == "ValidatingAdmissionPolicy"
        and metadata(item)["name"] == "spare-what-culling-cannot-see"
    ]
    account = controller["spec"]["template"]["spec"]["serviceAccountName"]

    assert f"system:serviceaccount:{controller['metadata']['namespace']}:{account}" == CULLER
    assert CULLER in str(policy)
