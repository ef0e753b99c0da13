"""A real API server holds people and controllers to the rights that they need."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.platform import Platform
from tests.platform.reviews import may
from tests.platform.tenancy import CODE, have_people, person
from tests.support.kubernetes import JSON_PATCH, Cluster, Tree
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

ROLES = "/apis/rbac.authorization.k8s.io/v1/clusterroles"
LOOKING = {"get", "list", "watch"}

KATIB = "system:serviceaccount:kubeflow:katib-controller"
KATIB_UI = "system:serviceaccount:kubeflow:katib-ui"
PIPELINES = "system:serviceaccount:kubeflow:ml-pipeline"
CACHE = "system:serviceaccount:kubeflow:kubeflow-pipelines-cache"
WRITER = "system:serviceaccount:kubeflow:kubeflow-pipelines-metadata-writer"
VIEWERS = "system:serviceaccount:kubeflow:ml-pipeline-viewer-crd-service-account"
TENSORBOARDS = "system:serviceaccount:kubeflow:tensorboards-web-app-service-account"
READER = "system:serviceaccount:istio-system:istio-reader-service-account"

VOLUME: Tree = {
    "apiVersion": "v1",
    "kind": "PersistentVolume",
    "metadata": {"name": "root"},
    "spec": {
        "accessModes": ["ReadWriteOnce"],
        "capacity": {"storage": "1Gi"},
        "hostPath": {"path": "/"},
    },
}
CLAIM: Tree = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "pbt"},
    "spec": {"accessModes": ["ReadWriteMany"], "resources": {"requests": {"storage": "5Gi"}}},
}
TRIAL: Tree = {
    "apiVersion": "batch/v1",
    "kind": "Job",
    "metadata": {"name": "trial"},
    "spec": {
        "template": {
            "spec": {
                "restartPolicy": "Never",
                "containers": [{"name": "training", "image": "a:1"}],
                "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "pbt"}}],
            }
        }
    },
}
SCHEDULE: Tree = {
    "apiVersion": "kubeflow.org/v1beta1",
    "kind": "ScheduledWorkflow",
    "metadata": {"name": "nightly"},
    "spec": {"enabled": True, "experimentId": "of-somebody-else"},
    "status": {},
}
STOPPING: list[Tree] = [
    {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "stopping"}},
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": "stopping"},
        "rules": [
            {
                "apiGroups": ["kubeflow.org"],
                "resources": ["trials", "trials/status"],
                "verbs": ["*"],
            }
        ],
    },
    {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "stopping"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "stopping"},
        "subjects": [{"kind": "ServiceAccount", "name": "stopping"}],
    },
]
"""What a suggestion with early stopping has (composer.go of Katib v0.19.0, DesiredRBAC)."""


@pytest.fixture(scope="module")
def cluster(governed: Cluster, upstream_platform: Platform) -> Cluster:
    for item in upstream_platform.objects:
        if metadata(item)["name"] == "scheduledworkflows.kubeflow.org":
            governed.define(dict(item))
    return governed


@pytest.fixture(scope="module")
def profile(cluster: Cluster) -> str:
    name = cluster.namespace()
    have_people(cluster, name)
    return name


def make(cluster: Cluster, item: Tree, namespace: str, user: str) -> tuple[int, Tree]:
    """What the API says when somebody makes something, which is then not made."""
    collection = cluster.address_of(item, namespace).rpartition("/")[0]
    return cluster.request("POST", f"{collection}?dryRun=All", item, user=user)


@contextmanager
def with_rule(cluster: Cluster, role: str, *rules: Tree) -> Iterator[None]:
    """A role with more rules, as upstream has them."""
    before: list[Any] = cluster.get(f"{ROLES}/{role}")["rules"]

    def put(value: list[Any]) -> None:
        patch = [{"op": "replace", "path": "/rules", "value": value}]
        cluster.done("PATCH", f"{ROLES}/{role}", patch, content_type=JSON_PATCH)

    put([*before, *rules])
    try:
        yield
    finally:
        put(before)


def test_katib_makes_no_volume(cluster: Cluster, profile: str) -> None:
    code, answer = make(cluster, VOLUME, profile, KATIB)

    assert code == 403
    assert 'cannot create resource "persistentvolumes"' in answer["message"]


def test_with_upstreams_role_katib_makes_a_volume_of_the_node(
    cluster: Cluster, profile: str
) -> None:
    rule = {"apiGroups": [""], "resources": ["persistentvolumes"], "verbs": ["create"]}

    with with_rule(cluster, "katib-controller", rule):
        eventually(lambda: make(cluster, VOLUME, profile, KATIB)[0] != 201)
    eventually(lambda: make(cluster, VOLUME, profile, KATIB)[0] == 201)


@pytest.mark.parametrize("item", [CLAIM, TRIAL, *STOPPING], ids=lambda each: str(each["kind"]))
def test_katib_makes_what_trials_and_suggestions_need(
    item: Tree, cluster: Cluster, profile: str
) -> None:
    if item["kind"] == "RoleBinding":
        roles = cluster.address_of(STOPPING[1], profile).rpartition("/")[0]
        cluster.done("POST", roles, STOPPING[1])

    code, answer = make(cluster, item, profile, KATIB)

    assert code == 201, answer


def test_katib_reads_one_secret_and_changes_no_webhook(cluster: Cluster, profile: str) -> None:
    assert may(cluster, KATIB, "get", "secrets", profile)
    assert not may(cluster, KATIB, "list", "secrets", profile)
    assert not may(cluster, KATIB, "update", "secrets", "kubeflow")
    for verb in ("patch", "update"):
        for kind in ("mutating", "validating"):
            webhooks = f"{kind}webhookconfigurations.admissionregistration.k8s.io"
            assert not may(cluster, KATIB, verb, webhooks)


def test_katibs_web_application_leaves_namespaces_alone(cluster: Cluster, profile: str) -> None:
    label = {"metadata": {"labels": {"app.kubernetes.io/part-of": None}}}
    path = f"/api/v1/namespaces/{profile}"

    assert cluster.request("GET", "/api/v1/namespaces", user=KATIB_UI)[0] == 200
    assert cluster.request("DELETE", path, user=KATIB_UI)[0] == 403
    merge = "application/merge-patch+json"
    assert cluster.request("PATCH", path, label, content_type=merge, user=KATIB_UI)[0] == 403
    assert may(cluster, KATIB_UI, "update", "configmaps", profile)


@pytest.mark.parametrize("who", [person("edit"), CODE, person("owner")])
def test_nobody_in_a_profile_schedules_past_pipelines(
    who: str, cluster: Cluster, profile: str
) -> None:
    code, answer = make(cluster, SCHEDULE, profile, who)

    assert code == 403
    assert 'cannot create resource "scheduledworkflows"' in answer["message"]
    assert not may(cluster, who, "update", "scheduledworkflows.kubeflow.org", profile)
    assert make(cluster, SCHEDULE, profile, PIPELINES)[0] == 201


def test_editors_see_their_schedules(cluster: Cluster, profile: str) -> None:
    assert may(cluster, person("edit"), "list", "scheduledworkflows.kubeflow.org", profile)


def test_with_upstreams_role_an_editor_schedules(cluster: Cluster, profile: str) -> None:
    rule = {"apiGroups": ["kubeflow.org"], "resources": ["scheduledworkflows"], "verbs": ["*"]}

    with with_rule(cluster, "aggregate-to-kubeflow-pipelines-edit", rule):
        eventually(lambda: make(cluster, SCHEDULE, profile, person("edit"))[0] != 201)
    eventually(lambda: make(cluster, SCHEDULE, profile, person("edit"))[0] == 201)


def test_view_means_view(cluster: Cluster) -> None:
    """The role as Kubernetes' own controller gathers it."""
    rules: list[Tree] = cluster.get(f"{ROLES}/kubeflow-view")["rules"]

    # A name of Pipelines' own, for which its API server asks.
    assert {verb for rule in rules for verb in rule["verbs"]} == {*LOOKING, "readArtifact"}
    seen = {resource for rule in rules for resource in rule["resources"]}
    assert not any(each.endswith(("/exec", "/attach", "/portforward", "/proxy")) for each in seen)
    assert "pods" in seen
    assert "secrets" not in seen
    for rule in rules:
        # What a wildcard may stand for: kinds of the mesh and of Knative.
        if "*" in rule["resources"]:
            assert all("istio.io" in each or "knative.dev" in each for each in rule["apiGroups"])


@pytest.mark.parametrize(
    ("verb", "resource"),
    [
        ("get", "secrets"),
        ("list", "secrets"),
        ("get", "pods/exec"),
        ("create", "pods/exec"),
        ("create", "pods/attach"),
        ("create", "pods/portforward"),
        ("get", "pods/proxy"),
        ("get", "services/proxy"),
        ("create", "pods"),
        ("create", "notebooks.kubeflow.org"),
        ("create", "serviceaccounts/token"),
        ("create", "rolebindings.rbac.authorization.k8s.io"),
        ("create", "visualizations.pipelines.kubeflow.org"),
    ],
)
def test_who_may_look_gets_no_secret_and_starts_nothing(
    verb: str, resource: str, cluster: Cluster, profile: str
) -> None:
    assert not may(cluster, person("view"), verb, resource, profile)


@pytest.mark.parametrize(
    "resource",
    ["pods", "pods/log", "events", "notebooks.kubeflow.org", "inferenceservices.serving.kserve.io"],
)
def test_who_may_look_looks(resource: str, cluster: Cluster, profile: str) -> None:
    assert may(cluster, person("view"), "get", resource, profile)


@pytest.mark.parametrize("role", ["owner", "edit", "view"])
def test_nobody_has_a_right_beyond_the_profile(role: str, cluster: Cluster) -> None:
    elsewhere = cluster.namespace()

    for resource in ("pods", "secrets", "configmaps", "notebooks.kubeflow.org"):
        for namespace in (elsewhere, "kubeflow", ""):
            assert not may(cluster, person(role), "get", resource, namespace)
    for resource in ("namespaces", "nodes", "persistentvolumes", "profiles.kubeflow.org"):
        assert not may(cluster, person(role), "create", resource)


@pytest.mark.parametrize("who", [CACHE, WRITER])
def test_watchers_of_steps_label_pods_and_touch_no_workflow(
    who: str, cluster: Cluster, profile: str
) -> None:
    assert may(cluster, who, "patch", "pods", profile)
    assert may(cluster, who, "watch", "pods")
    assert not may(cluster, who, "patch", "workflows.argoproj.io", profile)
    assert not may(cluster, who, "get", "configmaps", profile)


def test_the_controller_of_viewers_makes_two_kinds(cluster: Cluster, profile: str) -> None:
    assert may(cluster, VIEWERS, "create", "deployments.apps", profile)
    assert may(cluster, VIEWERS, "create", "services", profile)
    assert not may(cluster, VIEWERS, "create", "services.serving.knative.dev", profile)


def test_tensorboards_web_application_makes_no_claim(cluster: Cluster, profile: str) -> None:
    assert may(cluster, TENSORBOARDS, "list", "persistentvolumeclaims", profile)
    assert not may(cluster, TENSORBOARDS, "delete", "persistentvolumeclaims", profile)


def test_whom_nothing_runs_as_reads_nothing(cluster: Cluster) -> None:
    assert not may(cluster, READER, "get", "secrets", "kubeflow")
    assert not may(cluster, READER, "list", "secrets")
