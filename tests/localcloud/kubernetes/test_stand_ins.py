"""What acts on a cluster besides the control plane is played, on either API."""

from __future__ import annotations

from functools import partial

import pytest

from tests.localcloud.kubernetes.ingresses import (
    CLASS_PARAMETERS,
    CONTROLLER,
    class_parameters,
    host_name,
    ingress,
    ingress_class,
    ingress_path,
)
from tests.localcloud.kubernetes.objects import crd, custom, deployment, deployments, item
from tests.support.kubernetes import MERGE, Cluster, Tree
from tests.support.waiting import eventually

POD: Tree = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}
JOB: Tree = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
WORKLOAD: Tree = {"selector": {"matchLabels": {"app": "x"}}, "template": POD}
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def without_host_name(cluster: Cluster, path: str) -> str:
    return "" if host_name(cluster, path) else path


def balance_services(cluster: Cluster, namespace: str, *names: str) -> None:
    """Services, one after another, that have a load balancer."""
    spec = {"type": "LoadBalancer", "ports": [{"port": 80}]}
    for name in names:
        cluster.apply(item("Service", namespace, "v1", spec, name))
        path = f"/api/v1/namespaces/{namespace}/services/{name}"
        eventually(partial(without_host_name, cluster, path))


def outside_the_group(cluster: Cluster, path: str) -> str:
    return "" if host_name(cluster, path).startswith("internal-k8s-platform-") else path


def test_a_deployment_becomes_available_again_and_again(cluster: Cluster, namespace: str) -> None:
    for replicas in (2, 3, 0):
        cluster.apply(deployment("web", namespace, replicas=replicas))
        cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=20s")
        status = cluster.get(deployments(namespace, "web"))["status"]
        assert status.get("availableReplicas", 0) == replicas
    cluster.kubectl("-n", namespace, "wait", "--for=condition=Available", "deploy/web")


@pytest.mark.parametrize(
    ("api_version", "kind", "spec", "condition"),
    [
        ("apps/v1", "StatefulSet", {**WORKLOAD, "serviceName": "s"}, ".status.readyReplicas}=1"),
        ("apps/v1", "DaemonSet", WORKLOAD, ".status.numberReady}=1"),
        ("apps/v1", "ReplicaSet", {**WORKLOAD, "replicas": 2}, ".status.readyReplicas}=2"),
        ("batch/v1", "Job", {"template": JOB, "completions": 2}, ".status.succeeded}=2"),
    ],
)
def test_what_runs_pods_says_that_they_run(
    cluster: Cluster, namespace: str, api_version: str, kind: str, spec: Tree, condition: str
) -> None:
    cluster.apply(item(kind, namespace, api_version, spec))
    waiting = ["wait", f"--for=jsonpath={{{condition}", f"{kind}/it", "--timeout=20s"]
    cluster.kubectl("-n", namespace, *waiting)


def test_a_job_that_is_suspended_does_not_complete(cluster: Cluster, namespace: str) -> None:
    spec = {"template": JOB, "suspend": True}
    cluster.apply(item("Job", namespace, "batch/v1", spec, "later"))
    cluster.apply(item("Job", namespace, "batch/v1", {"template": JOB}))
    waiting = ["wait", "--for=condition=Complete", "job/it", "--timeout=20s"]
    cluster.kubectl("-n", namespace, *waiting)
    later = cluster.get(f"/apis/batch/v1/namespaces/{namespace}/jobs/later")
    assert "completionTime" not in later.get("status", {})


def test_who_changes_a_status_by_hand_sees_it_put_right(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace))
    path = deployments(namespace, "web")
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=20s")
    patch = {"status": {"availableReplicas": 0}}
    cluster.done("PATCH", f"{path}/status", patch, content_type=MERGE)
    eventually(lambda: cluster.get(path)["status"].get("availableReplicas") != 1)


def test_a_service_gets_a_load_balancer_if_it_asks_for_one(
    cluster: Cluster, namespace: str
) -> None:
    ports = {"ports": [{"port": 80}]}
    balanced = {**ports, "type": "LoadBalancer"}
    cluster.apply(
        item("Service", namespace, "v1", ports, "plain"),
        item("Service", namespace, "v1", balanced, "balanced"),
    )
    base = f"/api/v1/namespaces/{namespace}/services"
    eventually(partial(without_host_name, cluster, f"{base}/balanced"))
    assert host_name(cluster, f"{base}/balanced").endswith(".us-west-2.elb.amazonaws.com")
    assert not host_name(cluster, f"{base}/plain")


def test_an_ingress_needs_its_controller_to_come_and_to_go(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(ingress("early", namespace))
    # Services come before Ingresses in each round; with the second, the first one's is over.
    balance_services(cluster, namespace, "first", "second")
    assert not host_name(cluster, ingress_path(namespace, "early"))
    cluster.apply(
        deployment(CONTROLLER, namespace),
        ingress("late", namespace),
        ingress("nginx", namespace, "nginx"),
    )
    for name in ("early", "late"):
        path = ingress_path(namespace, name)
        eventually(partial(without_host_name, cluster, path))
        assert cluster.get(path)["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    assert not host_name(cluster, ingress_path(namespace, "nginx"))
    assert "finalizers" not in cluster.get(ingress_path(namespace, "nginx"))["metadata"]
    # While it is there, an Ingress goes; after that, it hangs.
    cluster.kubectl("-n", namespace, "delete", "ingress/early", "--timeout=20s")
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")
    refusal = cluster.refusal("-n", namespace, "delete", "ingress/late", "--timeout=2s")
    assert "timed out" in refusal
    assert cluster.exists(ingress_path(namespace, "late"))
    cluster.apply(deployment(CONTROLLER, namespace))
    eventually(lambda: cluster.exists(ingress_path(namespace, "late")))
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")


def test_ingresses_of_a_group_have_one_load_balancer(cluster: Cluster, namespace: str) -> None:
    # Its CRD comes after whoever watches it.
    cluster.define(CLASS_PARAMETERS)
    cluster.apply(
        ingress_class("together"),
        deployment(CONTROLLER, namespace),
        ingress("one", namespace, "together"),
        ingress("two", namespace, "together"),
    )
    paths = [ingress_path(namespace, name) for name in ("one", "two")]
    for path in paths:
        eventually(partial(without_host_name, cluster, path))
    group = {"group": {"name": "platform"}}
    cluster.apply(class_parameters("together", group))
    for path in paths:
        eventually(partial(outside_the_group, cluster, path))
    assert len({host_name(cluster, path) for path in paths}) == 1
    held = cluster.get(paths[0])["metadata"]["finalizers"]
    assert "group.ingress.k8s.aws/platform" in held
    cluster.kubectl("-n", namespace, "delete", "ingress", "one", "two", "--timeout=20s")
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")


def configuration(name: str, namespace: str, empty: str | None) -> Tree:
    """A webhook behind a Service of a namespace, without a bundle."""
    service = {"name": "s", "namespace": namespace, "path": "/"}
    bundle = {"caBundle": empty} if empty else {}
    rule = {
        "apiGroups": ["tests.example"],
        "apiVersions": ["*"],
        "operations": ["*"],
        "resources": ["nothings"],
    }
    webhook = {
        "name": f"{name}.tests.example",
        "clientConfig": {"service": service, **bundle},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [rule],
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [webhook],
    }


def bundle_of(cluster: Cluster, name: str) -> str | None:
    [webhook] = cluster.get(f"{CONFIGURATIONS}/{name}")["webhooks"]
    text: str | None = webhook["clientConfig"].get("caBundle")
    return text


def is_empty(cluster: Cluster, name: str, empty: str | None) -> bool:
    return bundle_of(cluster, name) == empty


@pytest.mark.parametrize("empty", [None, "Cg=="])
def test_a_webhook_gets_a_bundle_once_something_runs_in_its_namespace(
    cluster: Cluster, namespace: str, empty: str | None
) -> None:
    elsewhere = cluster.namespace()
    cluster.apply(configuration(namespace, namespace, empty), deployment("web", elsewhere))
    # One after another: with the second, the round that filled the first is over.
    others = [f"{namespace}-first", f"{namespace}-second"]
    for name in others:
        cluster.apply(configuration(name, elsewhere, empty))
        eventually(partial(is_empty, cluster, name, empty))
    assert is_empty(cluster, namespace, empty)
    cluster.apply(deployment("web", namespace))
    eventually(partial(is_empty, cluster, namespace, empty))
    for name in (namespace, *others):
        cluster.done("DELETE", f"{CONFIGURATIONS}/{name}")


def test_a_conversion_gets_a_bundle_and_keeps_one_that_it_has(
    cluster: Cluster, namespace: str
) -> None:
    definition = crd("Bundle", {"size": {"type": "integer"}}, versions=("v1", "v2"))
    config: Tree = {"service": {"name": "s", "namespace": namespace}}
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": config}
    definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    cluster.apply(definition, deployment("web", namespace))

    def found() -> str:
        spec = cluster.get(f"{CRDS}/bundles.tests.example")["spec"]
        return str(spec["conversion"]["webhook"]["clientConfig"].get("caBundle", ""))

    eventually(lambda: not found())
    config["caBundle"] = found()
    cluster.apply(definition, custom("Bundle", "one", namespace, {"size": 1}))
    assert found() == config["caBundle"]
    cluster.done("DELETE", f"{CRDS}/bundles.tests.example")
