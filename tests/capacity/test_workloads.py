"""What pods ask for, read from objects."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from kubeflow_aws.capacity.resources import MIB, Resources, quantity, requests_of
from kubeflow_aws.capacity.workloads import Workload, workloads_of
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject

SMALL: JsonValue = {"requests": {"cpu": "100m", "memory": "64Mi"}}
INJECTOR: KubernetesObject = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "istio-sidecar-injector", "namespace": "istio-system"},
    "data": {
        "values": json.dumps(
            {"global": {"proxy": {"resources": {"requests": {"cpu": "10m", "memory": "40Mi"}}}}}
        )
    },
}


def workload(
    kind: str = "Deployment",
    *,
    containers: list[JsonValue] | None = None,
    replicas: int | None = None,
    labels: dict[str, JsonValue] | None = None,
    **pod: JsonValue,
) -> KubernetesObject:
    """A workload of one container of 100m and 64Mi, unless others are given."""
    spec: dict[str, JsonValue] = {
        "template": {
            "metadata": {"labels": labels or {}},
            "spec": {"containers": containers or [{"name": "main", "resources": SMALL}], **pod},
        }
    }
    if replicas is not None:
        spec["replicas"] = replicas
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": "it", "namespace": "apps"},
        "spec": spec,
    }


def namespace(**labels: JsonValue) -> KubernetesObject:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "apps", "labels": labels}}


def only(*objects: KubernetesObject) -> Workload:
    [found] = workloads_of(objects)
    return found


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("500m", "0.5"),
        ("2", "2"),
        (2, "2"),
        ("0.1", "0.1"),
        ("64Mi", str(64 * 2**20)),
        ("1Gi", str(2**30)),
        ("1G", "1000000000"),
        ("12e6", "12000000"),
        ("1Ki", "1024"),
    ],
)
def test_quantities_are_read_as_kubernetes_does(text: JsonValue, number: str) -> None:
    assert quantity(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "1 Gi", "Gi", "1Zi", "${token}"])
def test_what_is_no_quantity_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no quantity"):
        quantity(text)


def test_a_container_without_requests_asks_for_nothing() -> None:
    assert requests_of(None) == Resources()


def test_containers_add_up_and_replicas_are_counted() -> None:
    found = only(
        workload(
            containers=[{"name": "a", "resources": SMALL}, {"name": "b", "resources": SMALL}],
            replicas=3,
        )
    )

    assert found == Workload(
        name="Deployment.apps apps/it",
        each=Resources(cpu=200, memory=128 * MIB, pods=1),
        count=3,
    )


def test_init_containers_run_before_so_only_the_largest_counts() -> None:
    large: JsonValue = {"name": "init", "resources": {"requests": {"cpu": "1", "memory": "10Mi"}}}

    found = only(workload(initContainers=[large]))

    assert found.each == Resources(cpu=1000, memory=64 * MIB, pods=1)


def test_an_init_container_that_stays_adds_to_the_others() -> None:
    sidecar: JsonValue = {"name": "side", "resources": SMALL, "restartPolicy": "Always"}

    assert only(workload(initContainers=[sidecar])).each.cpu == 200


def test_an_autoscaler_counts_with_its_least() -> None:
    scaler: KubernetesObject = {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "it", "namespace": "apps"},
        "spec": {
            "scaleTargetRef": {"kind": "Deployment", "name": "it"},
            "minReplicas": 2,
            "maxReplicas": 5,
        },
    }

    assert only(workload(replicas=1), scaler).count == 2


def test_a_daemon_runs_on_each_node() -> None:
    assert only(workload("DaemonSet")).per_node


def test_a_scheduled_job_is_one_pod() -> None:
    job = workload()
    job["kind"] = "CronJob"
    job["spec"] = {"schedule": "@daily", "jobTemplate": {"spec": job["spec"]}}

    assert only(job).each == Resources(cpu=100, memory=64 * MIB, pods=1)


@pytest.mark.parametrize(
    "selector",
    [
        {"kubernetes.io/os": "linux"},
        {"kubeflow-aws/node-group": "system", "kubernetes.io/os": "linux"},
    ],
)
def test_what_chooses_the_system_nodes_counts(selector: JsonValue) -> None:
    assert only(workload(nodeSelector=selector))


@pytest.mark.parametrize(
    "selector", [{"kubeflow-aws/node-group": "gpu"}, {"kubeflow-aws/efa": "true"}]
)
def test_what_chooses_other_nodes_does_not(selector: JsonValue) -> None:
    assert workloads_of([workload("DaemonSet", nodeSelector=selector)]) == []


@pytest.mark.parametrize(
    ("namespace_labels", "pod_labels", "injected"),
    [
        ({"istio-injection": "enabled"}, {}, True),
        ({"istio-injection": "enabled"}, {"sidecar.istio.io/inject": "false"}, False),
        ({"istio-injection": "disabled"}, {"sidecar.istio.io/inject": "true"}, False),
        ({}, {"sidecar.istio.io/inject": "true"}, True),
        ({}, {}, False),
    ],
)
def test_the_proxy_counts_where_istio_injects_it(
    namespace_labels: dict[str, JsonValue], pod_labels: dict[str, JsonValue], injected: bool
) -> None:
    found = only(workload(labels=pod_labels), namespace(**namespace_labels), INJECTOR)

    asked = (110, 104) if injected else (100, 64)
    assert (found.each.cpu, found.each.memory // MIB, found.each.pods) == (*asked, 1)


def test_a_pod_on_the_nodes_own_network_gets_no_proxy() -> None:
    objects = (
        workload(hostNetwork=True),
        namespace(**{"istio-injection": "enabled"}),
        INJECTOR,
    )

    assert only(*objects).each.cpu == 100
