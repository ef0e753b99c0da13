"""Nodes of production are drained one after another, and nobody who waits for an answer notices.

Pods and the budgets over them are all that counts here, so they are applied without the rest of the
platform: no proxies are injected, and no webhook is asked.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kubeflow_aws.capacity.nodes import allocatable
from kubeflow_aws.catalog.instance_types import instance_table
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM, SYSTEM_TAINT
from kubeflow_aws.rendering.availability import Availability, load_availability
from kubeflow_aws.rendering.packs import pack_component
from kubeflow_aws.rendering.platform import AVAILABILITY_FILE, Platform
from localcloud.kubernetes.nodes import Node, Taint
from tests.platform.addons import addon_workloads
from tests.platform.bare import apply_all, filled, in_the_order_of_stacks
from tests.support.kubernetes import Cluster, running_cluster
from tests.support.platforms import best_of
from tests.support.waiting import eventually

pytestmark = pytest.mark.platform

Object = dict[str, Any]

KINDS = {
    "Namespace",
    "PriorityClass",
    "ServiceAccount",
    "DaemonSet",
    "Deployment",
    "StatefulSet",
    "HorizontalPodAutoscaler",
    "PodDisruptionBudget",
}
"""What pods, their number and their evictions need."""

WORKLOADS = {"deployments": "Deployment", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet"}
DASHBOARD = "Deployment.apps kubeflow/dashboard"
ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")
PODS = "/api/v1/pods"
BUDGETS = "/apis/policy/v1/namespaces/kubeflow/poddisruptionbudgets"


@pytest.fixture(scope="module")
def table(project: Path) -> Availability:
    return load_availability(project / "manifests" / AVAILABILITY_FILE)


@pytest.fixture(scope="module")
def twice(table: Availability, rendered: Platform) -> frozenset[str]:
    """The workloads of this deployment that run at least twice."""
    kinds = {"Deployment", "StatefulSet"}
    names = (_name(item) for item in rendered.objects if item["kind"] in kinds)
    return table.twice.intersection(names)


@pytest.fixture(scope="module")
def rendered(production_deployment: Deployment) -> Platform:
    """Production, from the real sources where they are."""
    return best_of(production_deployment)


@pytest.fixture(scope="module")
def cluster(
    control_plane: Path,
    production_deployment: Deployment,
    rendered: Platform,
    twice: frozenset[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """Pods of production and of the add-ons on nodes as many and as large as its default."""
    nodes = system_nodes(production_deployment)
    folder = tmp_path_factory.mktemp("drains")
    with running_cluster(folder, programs=control_plane, nodes=nodes) as cluster:
        packs = [
            pack
            for one in sorted(rendered.components, key=in_the_order_of_stacks)
            for pack in pack_component(one.component, one.objects)
        ]
        items = [item for pack in packs for item in filled(pack) if item["kind"] in KINDS]
        assert apply_all(cluster, items) == []
        addons = addon_workloads(production_deployment)
        names = {item["metadata"]["namespace"] for item in addons}
        spaces = [namespace(name) for name in sorted(names)]
        assert apply_all(cluster, [*spaces, *addons]) == []
        eventually(lambda: incomplete(cluster, twice))
        yield cluster


def test_what_runs_twice_stands_in_two_zones(cluster: Cluster, twice: frozenset[str]) -> None:
    """Wished only, but there is room."""
    zones = {
        node["metadata"]["name"]: node["metadata"]["labels"]["topology.kubernetes.io/zone"]
        for node in cluster.get("/api/v1/nodes")["items"]
    }
    found: dict[str, set[str]] = {name: set() for name in twice}
    for pod in cluster.get(PODS)["items"]:
        found.get(owner_of(pod), set()).add(zones[pod["spec"]["nodeName"]])

    assert {name for name, where in found.items() if len(where) < 2} == set()


def test_the_second_of_two_goes_when_the_first_is_replaced(
    cluster: Cluster, twice: frozenset[str]
) -> None:
    first, second = pods_of(cluster, DASHBOARD)
    # So that the first is not replaced before the second is asked for.
    cluster.kubectl("cordon", f"--selector={NODE_GROUP_LABEL}={SYSTEM}")
    try:
        assert evict(cluster, first)[0] == 201
        assert evict(cluster, second)[0] == 429
    finally:
        cluster.kubectl("uncordon", f"--selector={NODE_GROUP_LABEL}={SYSTEM}")
    eventually(lambda: evict(cluster, second)[0] != 201)
    eventually(lambda: incomplete(cluster, twice))


def test_without_a_budget_both_go_at_once(cluster: Cluster, twice: frozenset[str]) -> None:
    budget = cluster.get(f"{BUDGETS}/available-dashboard")
    cluster.done("DELETE", f"{BUDGETS}/available-dashboard")
    try:
        codes = [evict(cluster, pod)[0] for pod in pods_of(cluster, DASHBOARD)]

        assert codes == [201, 201]
    finally:
        del budget["metadata"]["resourceVersion"], budget["metadata"]["uid"]
        cluster.done("POST", BUDGETS, budget)
        eventually(lambda: incomplete(cluster, twice))


def test_a_pod_that_two_budgets_select_is_not_evicted(cluster: Cluster) -> None:
    """Why none is made where upstream has one."""
    second = cluster.get(f"{BUDGETS}/available-dashboard")
    second["metadata"] = {"name": "second", "namespace": "kubeflow"}
    cluster.done("POST", BUDGETS, second)
    try:
        code, answer = evict(cluster, pods_of(cluster, DASHBOARD)[0])

        assert code == 500
        assert "more than one PodDisruptionBudget" in answer["message"]
    finally:
        cluster.done("DELETE", f"{BUDGETS}/second")


def test_nodes_are_drained_one_after_another_and_a_pod_of_each_server_stays(
    cluster: Cluster, twice: frozenset[str], table: Availability
) -> None:
    """As when EKS brings them up to date. What runs once shows that the others' luck is none."""
    with watched_pods(cluster) as events:
        for node in sorted(n["metadata"]["name"] for n in cluster.get("/api/v1/nodes")["items"]):
            cluster.kubectl(
                *("drain", node, "--ignore-daemonsets", "--delete-emptydir-data"),
                "--timeout=240s",
            )
            assert on(cluster, node) == []
            eventually(lambda: incomplete(cluster, twice))
            cluster.kubectl("uncordon", node)
    dark = gone_dark(events())

    assert dark & twice == set()
    assert dark & table.once


def system_nodes(deployment: Deployment) -> list[Node]:
    """As many and as large as the file says, in all zones."""
    system = deployment.cluster.system_nodes
    [instance_type] = system.instance_types
    room = allocatable(instance_table().instance_types[instance_type])
    return [
        Node(
            name=f"system-{number}",
            instance_type=instance_type,
            zone=ZONES[number % len(ZONES)],
            labels={NODE_GROUP_LABEL: SYSTEM},
            taints=[Taint(key=SYSTEM_TAINT, value="true", effect="NoSchedule")],
            allocatable={
                "cpu": f"{room.cpu}m",
                "memory": str(room.memory),
                "pods": str(room.pods),
            },
        )
        for number in range(system.at_start(production=deployment.is_production))
    ]


def namespace(name: str) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def incomplete(cluster: Cluster, twice: frozenset[str]) -> list[str]:
    """Workloads that have not all of their pods, or less than two."""
    missing = []
    for path, kind in WORKLOADS.items():
        for item in cluster.get(f"/apis/apps/v1/{path}")["items"]:
            # Items of a list do not say what they are.
            name = _name({**item, "kind": kind})
            status = item["status"]
            wanted = item["spec"].get("replicas", status.get("desiredNumberScheduled", 0))
            ready = status.get("readyReplicas", status.get("numberReady", 0))
            if ready != wanted or (name in twice and ready < 2):
                missing.append(f"{name}: {ready} of {wanted}")
    return missing


def pods_of(cluster: Cluster, name: str) -> list[Object]:
    """The pods of a workload that stay."""
    return [
        pod
        for pod in cluster.get(PODS)["items"]
        if owner_of(pod) == name and "deletionTimestamp" not in pod["metadata"]
    ]


def evict(cluster: Cluster, pod: Object) -> tuple[int, Object]:
    """Ask for the eviction of a pod."""
    meta = {key: pod["metadata"][key] for key in ("name", "namespace")}
    path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": meta}
    return cluster.request("POST", path, eviction)


def on(cluster: Cluster, node: str) -> list[str]:
    """Workloads with a pod on a node, but for daemons."""
    return [
        owner_of(pod)
        for pod in cluster.get(f"{PODS}?fieldSelector=spec.nodeName%3D{node}")["items"]
        if pod["metadata"]["ownerReferences"][0]["kind"] != "DaemonSet"
    ]


def owner_of(pod: Object) -> str:
    """The workload of a pod; a Deployment by the name of its ReplicaSet."""
    meta = pod["metadata"]
    owner = meta["ownerReferences"][0]
    kind, name = owner["kind"], owner["name"]
    if kind == "ReplicaSet":
        kind, name = "Deployment", name.removesuffix(f"-{meta['labels']['pod-template-hash']}")
    return f"{kind}.apps {meta['namespace']}/{name}"


@contextmanager
def watched_pods(cluster: Cluster) -> Iterator[Any]:
    """Every change of a pod meanwhile; the value, called afterwards, has the events."""
    file = cluster.program.folder / "pods.json"
    command = cluster.program.command(
        *("get", "pods", "--all-namespaces", "--watch", "--output-watch-events", "--output=json")
    )
    with (
        file.open("w", encoding="utf-8") as stream,
        subprocess.Popen(command, stdout=stream, env=cluster.program.environment) as watch,
    ):
        try:
            eventually(lambda: not file.stat().st_size)
            yield lambda: list(_json_values(file.read_text(encoding="utf-8")))
            eventually(lambda: not _is_up_to_date(cluster, file))
        finally:
            watch.terminate()


def _is_up_to_date(cluster: Cluster, file: Path) -> bool:
    """Whether the newest pod was seen; the watch is not ahead of us, and never far behind."""
    newest = max(cluster.get(PODS)["items"], key=lambda pod: pod["metadata"]["creationTimestamp"])
    return newest["metadata"]["uid"] in file.read_text(encoding="utf-8")


def gone_dark(events: list[Object]) -> set[str]:
    """Workloads that had a ready pod, and a moment later none."""
    ready: dict[str, set[str]] = {}
    dark = set()
    for event in events:
        pod = event["object"]
        pods = ready.setdefault(owner_of(pod), set())
        if event["type"] != "DELETED" and is_ready(pod):
            pods.add(pod["metadata"]["uid"])
        elif pods:
            pods.discard(pod["metadata"]["uid"])
            if not pods:
                dark.add(owner_of(pod))
    return dark


def is_ready(pod: Object) -> bool:
    """Whether a Service sends requests to it."""
    conditions = pod["status"].get("conditions") or ()
    return "deletionTimestamp" not in pod["metadata"] and any(
        each["type"] == "Ready" and each["status"] == "True" for each in conditions
    )


def _json_values(text: str) -> Iterator[Object]:
    decoder, start = json.JSONDecoder(), 0
    while rest := text[start:].lstrip():
        start = len(text) - len(rest)
        try:
            value, start = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            # The watch ended while it wrote its last.
            return
        yield value


def _name(item: Any) -> str:
    meta = item["metadata"]
    return f"{item['kind']}.apps {meta['namespace']}/{meta['name']}"
