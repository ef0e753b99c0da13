"""What the API server calls in the cluster is answered if a pod would answer."""

from __future__ import annotations

import json

import pytest

from tests.localcloud.kubernetes.objects import (
    config_map,
    configs,
    crd,
    custom,
    customs,
    deployment,
)
from tests.support.kubernetes import MERGE, Cluster, Tree
from tests.support.waiting import eventually

VALIDATING = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
MUTATING = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"


def service(namespace: str) -> Tree:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": namespace},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 443}]},
    }


def configuration(kind: str, namespace: str, resource: str, path: str) -> Tree:
    """A webhook of the Service above, for a resource in its namespace."""
    rule = {
        "apiGroups": [""],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": [resource],
    }
    webhook = {
        "name": "webhook.tests.example",
        "clientConfig": {"service": {"name": "web", "namespace": namespace, "path": path}},
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "rules": [rule],
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": namespace},
        "webhooks": [webhook],
    }


def pod(name: str, **annotations: str) -> Tree:
    spec = {
        "containers": [{"name": "main", "image": "i"}],
        "initContainers": [{"name": "first", "image": "i"}],
    }
    return {"metadata": {"name": name, "annotations": annotations}, "spec": spec}


def try_create(real: Cluster, namespace: str) -> tuple[int, Tree]:
    """What came of it, were it no dry run."""
    return real.request("POST", f"{configs(namespace)}?dryRun=All", config_map("x", namespace))


def other_than(answer: tuple[int, Tree], *codes: int) -> tuple[int, Tree] | None:
    """An answer, unless it has one of these codes."""
    return None if answer[0] in codes else answer


def scale(real: Cluster, namespace: str, replicas: int) -> None:
    real.kubectl("-n", namespace, "scale", "deploy/web", f"--replicas={replicas}")


@pytest.fixture
def converted(real: Cluster, namespace: str) -> str:
    """A kind of two versions whose webhook runs in the namespace, and an object of the first."""
    definition = crd("Crumb", {"size": {"type": "integer"}}, versions=("v1", "v2"))
    config = {"service": {"name": "web", "namespace": namespace, "path": "/convert"}}
    webhook = {"conversionReviewVersions": ["v1"], "clientConfig": config}
    definition["spec"]["conversion"] = {"strategy": "Webhook", "webhook": webhook}
    real.define(definition)
    real.apply(service(namespace), deployment("web", namespace))
    path = customs("Crumb", namespace)
    item = custom("Crumb", "one", namespace, {"size": 1})
    # Whenever the CRD changes, as when it gets its bundle, requests are refused for a moment.
    eventually(lambda: other_than(real.request("POST", path, item), 201, 409))
    return "Crumb"


def test_a_webhook_is_called_if_a_pod_of_its_service_is_ready(
    real: Cluster, namespace: str
) -> None:
    item = configuration("ValidatingWebhookConfiguration", namespace, "configmaps", "/validate")
    real.apply(service(namespace), item)
    eventually(lambda: other_than(try_create(real, namespace), 500))
    assert "failed calling webhook" in try_create(real, namespace)[1]["message"]
    real.apply(deployment("web", namespace))
    eventually(lambda: other_than(try_create(real, namespace), 201))
    scale(real, namespace, 0)
    eventually(lambda: other_than(try_create(real, namespace), 500))
    real.done("DELETE", f"{VALIDATING}/{namespace}")
    eventually(lambda: other_than(try_create(real, namespace), 201))


def test_a_webhook_that_shuts_out_its_own_pods_is_found(real: Cluster, namespace: str) -> None:
    item = configuration("ValidatingWebhookConfiguration", namespace, "pods", "/validate")
    real.apply(service(namespace), item, deployment("web", namespace))
    path = f"/apis/apps/v1/namespaces/{namespace}/deployments/web"

    def failure() -> str:
        conditions = real.get(path).get("status", {}).get("conditions", [])
        return " ".join(each["message"] for each in conditions if each["type"] == "ReplicaFailure")

    eventually(lambda: not failure())
    assert "failed calling webhook" in failure()
    real.done("DELETE", f"{VALIDATING}/{namespace}")


@pytest.fixture
def proxy(real: Cluster) -> Tree:
    """What istiod's chart leaves in the cluster of the proxy."""
    proxy: Tree = {
        "image": "istio/proxyv2:tests",
        "resources": {"requests": {"cpu": "7m"}},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    text = json.dumps({"global": {"proxy": proxy}})
    real.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}})
    real.apply(config_map("istio-sidecar-injector", "istio-system", values=text))
    return proxy


def test_istio_is_injected_before_what_is_there(real: Cluster, namespace: str, proxy: Tree) -> None:
    item = configuration("MutatingWebhookConfiguration", namespace, "pods", "/inject/cluster/x")
    real.apply(service(namespace), deployment("web", namespace))
    real.kubectl("-n", namespace, "rollout", "status", "deploy/web", "--timeout=20s")
    real.apply(item)
    pods = f"/api/v1/namespaces/{namespace}/pods"
    tried = f"{pods}?dryRun=All"
    # The API server learns of the configuration, and of its bundle, a moment later.
    eventually(lambda: "istio-proxy" not in json.dumps(real.request("POST", tried, pod("a"))[1]))
    made = real.done("POST", pods, pod("user", own="kept"))
    gateway = real.done("POST", tried, pod("b", **{"inject.istio.io/templates": "gateway"}))

    containers = made["spec"]["initContainers"]
    assert [each["name"] for each in containers] == ["istio-validation", "istio-proxy", "first"]
    assert containers[1]["restartPolicy"] == "Always"
    assert containers[1]["image"] == proxy["image"]
    assert containers[1]["resources"] == proxy["resources"]
    assert containers[1]["securityContext"]["seccompProfile"] == proxy["seccompProfile"]
    assert [each["name"] for each in gateway["spec"]["initContainers"]] == ["first"]
    assert made["metadata"]["annotations"] == {"own": "kept", "sidecar.istio.io/status": "{}"}
    real.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/user", "--timeout=20s")
    real.done("DELETE", f"{MUTATING}/{namespace}")


def test_objects_are_converted_while_somebody_is_there(
    real: Cluster, namespace: str, converted: str
) -> None:
    path = customs(converted, namespace, "one", "v2")
    eventually(lambda: other_than(real.request("GET", path), 200))
    item = real.get(path)
    assert (item["apiVersion"], item["spec"]) == ("tests.example/v2", {"size": 1})
    scale(real, namespace, 0)
    eventually(lambda: other_than(real.request("GET", path), 500))
    assert "conversion webhook for tests.example/v1" in real.request("GET", path)[1]["message"]
    real.done("DELETE", f"{CRDS}/crumbs.tests.example")
    eventually(lambda: real.exists(f"{CRDS}/crumbs.tests.example"))


def test_a_namespace_whose_objects_nobody_converts_any_more_stays(
    real: Cluster, namespace: str, converted: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}"
    item = customs(converted, namespace, "one", "v2")
    eventually(lambda: other_than(real.request("GET", item), 200))
    scale(real, namespace, 0)
    real.done("DELETE", path)

    def failure() -> str:
        conditions = real.get(path)["status"].get("conditions", [])
        return " ".join(each["message"] for each in conditions if each["status"] == "True")

    eventually(lambda: "conversion webhook" not in failure())
    # Without it, versions differ in their names only.
    patch = {"spec": {"conversion": {"strategy": "None", "webhook": None}}}
    real.done("PATCH", f"{CRDS}/crumbs.tests.example", patch, content_type=MERGE)
    eventually(lambda: real.exists(path))
    real.done("DELETE", f"{CRDS}/crumbs.tests.example")
    eventually(lambda: real.exists(f"{CRDS}/crumbs.tests.example"))
