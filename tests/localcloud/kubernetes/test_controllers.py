"""What controllers would do, without a pod that ever runs."""

from __future__ import annotations

import time
from functools import partial

from tests.localcloud.kubernetes.cluster import MERGE, Cluster, Tree, deployment

CONTROLLER = "aws-load-balancer-controller"
POD: Tree = {
    "metadata": {"labels": {"app": "x"}},
    "spec": {"containers": [{"name": "c", "image": "i"}]},
}
SELECTOR = {"matchLabels": {"app": "x"}}

CLASS_PARAMETERS: Tree = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "ingressclassparams.elbv2.k8s.aws"},
    "spec": {
        "group": "elbv2.k8s.aws",
        "names": {
            "kind": "IngressClassParams",
            "listKind": "IngressClassParamsList",
            "plural": "ingressclassparams",
            "singular": "ingressclassparams",
        },
        "scope": "Cluster",
        "versions": [
            {
                "name": "v1beta1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "x-kubernetes-preserve-unknown-fields": True,
                    }
                },
            }
        ],
    },
}
"""As in the controller's chart, without its schema."""


def workload(kind: str, namespace: str, api_version: str = "apps/v1", **spec: object) -> Tree:
    return {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "it", "namespace": namespace},
        "spec": spec,
    }


def ingress(name: str, namespace: str, class_name: str = "alb") -> Tree:
    backend = {"service": {"name": "s", "port": {"number": 80}}}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"ingressClassName": class_name, "defaultBackend": backend},
    }


def ingress_path(namespace: str, name: str) -> str:
    return f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"


def host_name(item: Tree) -> str:
    ingress = item.get("status", {}).get("loadBalancer", {}).get("ingress") or [{}]
    return str(ingress[0].get("hostname", ""))


def has_host_name(cluster: Cluster, path: str) -> bool:
    return bool(host_name(cluster.get(path)))


def test_a_deployment_becomes_available_again_and_again(cluster: Cluster, namespace: str) -> None:
    for replicas in (2, 3):
        cluster.apply(deployment("web", namespace, replicas=replicas))
        for command in (
            ["rollout", "status", "deploy/web", "--timeout=20s"],
            ["wait", "--for=condition=Available", "deploy/web", "--timeout=20s"],
        ):
            cluster.kubectl("-n", namespace, *command)
        path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
        assert cluster.get(path)["status"]["availableReplicas"] == replicas


def test_a_deployment_without_replicas_is_rolled_out(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace, replicas=0))
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=20s")


def test_stateful_sets_and_daemon_sets_are_rolled_out(cluster: Cluster, namespace: str) -> None:
    cluster.apply(
        workload("StatefulSet", namespace, selector=SELECTOR, template=POD, serviceName="s"),
        workload("DaemonSet", namespace, selector=SELECTOR, template=POD),
    )
    for name in ("sts/it", "ds/it"):
        cluster.kubectl("-n", namespace, "rollout", "status", name, "--timeout=20s")


def test_a_replica_set_becomes_ready(cluster: Cluster, namespace: str) -> None:
    cluster.apply(workload("ReplicaSet", namespace, selector=SELECTOR, template=POD, replicas=2))
    condition = "--for=jsonpath={.status.readyReplicas}=2"
    cluster.kubectl("-n", namespace, "wait", condition, "rs/it", "--timeout=20s")


def test_a_job_completes_unless_it_is_suspended(cluster: Cluster, namespace: str) -> None:
    template = {"spec": {**POD["spec"], "restartPolicy": "Never"}}
    job = workload("Job", namespace, "batch/v1", template=template, completions=2)
    later = workload("Job", namespace, "batch/v1", template=template, suspend=True)
    later["metadata"]["name"] = "later"
    cluster.apply(later, job)
    cluster.kubectl("-n", namespace, "wait", "--for=condition=Complete", "job/it", "--timeout=20s")
    base = f"/apis/batch/v1/namespaces/{namespace}/jobs"
    assert cluster.get(f"{base}/it")["status"]["succeeded"] == 2
    assert "completionTime" not in cluster.get(f"{base}/later").get("status", {})


def test_a_claim_is_bound(cluster: Cluster, namespace: str) -> None:
    resources = {"requests": {"storage": "3Gi"}}
    claim = workload(
        "PersistentVolumeClaim",
        namespace,
        "v1",
        accessModes=["ReadWriteOnce"],
        resources=resources,
    )
    cluster.apply(claim)
    condition = "--for=jsonpath={.status.phase}=Bound"
    cluster.kubectl("-n", namespace, "wait", condition, "pvc/it", "--timeout=20s")
    path = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/it"
    assert cluster.get(path)["status"]["capacity"] == {"storage": "3Gi"}


def test_a_service_gets_a_load_balancer_if_it_asks_for_one(
    cluster: Cluster, namespace: str
) -> None:
    ports = [{"port": 80}]
    plain = workload("Service", namespace, "v1", ports=ports)
    balanced = workload("Service", namespace, "v1", ports=ports, type="LoadBalancer")
    balanced["metadata"]["name"] = "balanced"
    cluster.apply(plain, balanced)
    base = f"/api/v1/namespaces/{namespace}/services"
    cluster.eventually(lambda: host_name(cluster.get(f"{base}/balanced")))
    assert host_name(cluster.get(f"{base}/balanced")).endswith(".us-west-2.elb.amazonaws.com")
    assert not host_name(cluster.get(f"{base}/it"))


def test_an_ingress_needs_its_controller_to_come_and_to_go(
    cluster: Cluster, namespace: str
) -> None:
    cluster.apply(ingress("early", namespace))
    time.sleep(1)
    assert not host_name(cluster.get(ingress_path(namespace, "early")))
    cluster.apply(
        deployment(CONTROLLER, namespace),
        ingress("late", namespace),
        ingress("nginx", namespace, "nginx"),
    )
    for name in ("early", "late"):
        path = ingress_path(namespace, name)
        cluster.eventually(partial(has_host_name, cluster, path))
        assert cluster.get(path)["metadata"]["finalizers"] == ["ingress.k8s.aws/resources"]
    other = cluster.get(ingress_path(namespace, "nginx"))
    assert not host_name(other)
    assert "finalizers" not in other["metadata"]
    # While it is there, an Ingress goes; after that, it hangs.
    cluster.kubectl("-n", namespace, "delete", "ingress/early", "--timeout=20s")
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")
    refusal = cluster.refusal("-n", namespace, "delete", "ingress/late", "--timeout=2s")
    assert "timed out" in refusal
    assert cluster.exists(ingress_path(namespace, "late"))
    cluster.apply(deployment(CONTROLLER, namespace))
    cluster.eventually(lambda: not cluster.exists(ingress_path(namespace, "late")))
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")


def test_a_webhook_gets_a_bundle_once_something_runs_in_its_namespace(
    cluster: Cluster, namespace: str
) -> None:
    base = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
    service = {"name": "s", "namespace": namespace, "path": "/"}
    webhook = {
        "name": f"{namespace}.tests.example",
        "clientConfig": {"service": service},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "rules": [
            {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*"]}
        ],
    }
    item = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": namespace},
        "webhooks": [webhook],
    }
    cluster.apply(item)
    time.sleep(1)

    def bundle() -> str | None:
        found = cluster.get(f"{base}/{namespace}")
        [webhook] = found["webhooks"]
        text: str | None = webhook["clientConfig"].get("caBundle")
        return text

    assert not bundle()
    # No webhook is ever called: this is done at once, though nobody answers for it.
    cluster.apply(deployment("web", namespace))
    cluster.eventually(bundle)
    cluster.done("DELETE", f"{base}/{namespace}")


def test_who_changes_a_status_by_hand_sees_it_put_right(cluster: Cluster, namespace: str) -> None:
    cluster.apply(deployment("web", namespace))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"
    cluster.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=20s")
    patch = {"status": {"availableReplicas": 0}}
    cluster.done("PATCH", f"{path}/status", patch, content_type=MERGE)
    cluster.eventually(lambda: cluster.get(path)["status"].get("availableReplicas") == 1)


def test_ingresses_of_a_group_have_one_load_balancer(cluster: Cluster, namespace: str) -> None:
    cluster.apply(
        CLASS_PARAMETERS,
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "IngressClass",
            "metadata": {"name": "together"},
            "spec": {
                "controller": "ingress.k8s.aws/alb",
                "parameters": {
                    "apiGroup": "elbv2.k8s.aws",
                    "kind": "IngressClassParams",
                    "name": "together",
                },
            },
        },
        deployment(CONTROLLER, namespace),
    )
    cluster.kubectl(
        "wait",
        "--for=condition=Established",
        "crd/ingressclassparams.elbv2.k8s.aws",
        "--timeout=20s",
    )
    cluster.apply(
        {
            "apiVersion": "elbv2.k8s.aws/v1beta1",
            "kind": "IngressClassParams",
            "metadata": {"name": "together"},
            "spec": {"group": {"name": "platform"}},
        },
        ingress("one", namespace, "together"),
        ingress("two", namespace, "together"),
    )
    for name in ("one", "two"):
        cluster.eventually(partial(has_host_name, cluster, ingress_path(namespace, name)))
    one, two = (cluster.get(ingress_path(namespace, name)) for name in ("one", "two"))

    assert host_name(one) == host_name(two)
    assert host_name(one).startswith("k8s-platform-")
    assert one["metadata"]["finalizers"] == ["group.ingress.k8s.aws/platform"]
    cluster.kubectl("-n", namespace, "delete", "ingress", "one", "two", "--timeout=20s")
    cluster.kubectl("-n", namespace, "delete", f"deploy/{CONTROLLER}", "--timeout=20s")
