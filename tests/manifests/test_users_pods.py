"""A real API server keeps users' pods off the platform's nodes, whoever makes them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from kubeflow_aws.manifests.objects import JsonValue, KubernetesObject, key_of
from kubeflow_aws.manifests.placement import PRIORITY_CLASS, placed_pod
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.node_labels import NODE_GROUP_LABEL, SYSTEM, SYSTEM_TAINT
from localcloud.kubernetes.client import Client, ClientError
from localcloud.kubernetes.control_plane import ControlPlane, ControlPlaneProps
from localcloud.kubernetes.nodes import Node, Taint, have_nodes

TOKEN: Final = "of-the-tests"  # noqa: S105
PATIENCE: Final = 30.0
ROOM: Final = {"cpu": "4", "memory": "15Gi", "pods": "58"}
PATHS: Final = {
    "PriorityClass": "/apis/scheduling.k8s.io/v1/priorityclasses",
    "ValidatingAdmissionPolicy": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
    ),
    "ValidatingAdmissionPolicyBinding": (
        "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"
    ),
}
PROFILE: Final = "alice"
EVERYTHING: Final[dict[str, JsonValue]] = {"operator": "Exists"}


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def pod(name: str, **spec: JsonValue) -> KubernetesObject:
    requests: JsonValue = {"cpu": "500m", "memory": "1Gi"}
    container: JsonValue = {"name": "main", "image": "main:1", "resources": {"requests": requests}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [container], **spec},
    }


def pods_of(namespace: str) -> str:
    return f"/api/v1/namespaces/{namespace}/pods"


@pytest.fixture(scope="module")
def api(
    control_plane: Path, sample_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Client]:
    """A cluster with a profile, and pods of it that were there before the policy."""
    plane = ControlPlane(
        ControlPlaneProps(
            programs=control_plane,
            authenticate=lambda token: "tester" if token == TOKEN else None,
            token=TOKEN,
            folder=tmp_path_factory.mktemp("cluster") / "state",
        )
    )
    client = Client(plane.url, plane.ca_certificate, TOKEN)
    for name, labels in (
        (PROFILE, {"app.kubernetes.io/part-of": "kubeflow-profile"}),
        ("kubeflow", {}),
    ):
        client.post(
            "/api/v1/namespaces",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}},
        )
        account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
        until(functools.partial(_exists, client, account))
    client.post(pods_of(PROFILE), pod("of-old", tolerations=[EVERYTHING]))
    [placement] = [one for one in sample_platform.components if one.component.name == "placement"]
    for item in placement.objects:
        client.post(PATHS[key_of(item).kind], item)
    until(lambda: _is_refused(client, pod("first", tolerations=[EVERYTHING])))
    yield client
    client.close()
    plane.stop()


def _exists(client: Client, path: str) -> bool:
    try:
        client.get(path)
    except ClientError:
        return False
    return True


def _is_refused(client: Client, item: KubernetesObject) -> bool:
    try:
        client.post(f"{pods_of(PROFILE)}?dryRun=All", item)
    except ClientError:
        return True
    return False


HONEST: Final[dict[str, dict[str, JsonValue]]] = {
    "nothing said": {},
    "a taint of a pool": {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}]},
    "a taint of somebody else's": {"tolerations": [{"key": "dedicated", "value": "ml"}]},
    "what a DaemonSet's pods tolerate": {
        "tolerations": [
            {"key": f"node.kubernetes.io/{each}", "operator": "Exists"}
            for each in ("not-ready", "unreachable", "disk-pressure", "unschedulable")
        ]
    },
    "a device": {
        "containers": [
            {
                "name": "main",
                "image": "main:1",
                "resources": {"limits": {"aws.amazon.com/neuron": "1"}},
            }
        ]
    },
    "a class of users' own": {"priorityClassName": "users-own"},
}


@pytest.mark.parametrize("spec", HONEST.values(), ids=list(HONEST))
def test_honest_pods_are_admitted(spec: dict[str, JsonValue], api: Client) -> None:
    own = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "value": 999_999}
    if not _exists(api, f"{PATHS['PriorityClass']}/users-own"):
        api.post(PATHS["PriorityClass"], {**own, "metadata": {"name": "users-own"}})

    assert not _is_refused(api, pod("honest", **spec))


ATTACKS: Final[dict[str, tuple[dict[str, JsonValue], str]]] = {
    "the taint by its key": (
        {"tolerations": [{"key": SYSTEM_TAINT, "operator": "Exists"}]},
        "spec.tolerations: a pod in a profile tolerates taints by their keys",
    ),
    "the taint by its value": (
        {"tolerations": [{"key": SYSTEM_TAINT, "value": "true", "effect": "NoSchedule"}]},
        "spec.tolerations: ",
    ),
    "every taint": ({"tolerations": [EVERYTHING]}, "spec.tolerations: "),
    "every taint of an effect": (
        {"tolerations": [{"operator": "Exists", "effect": "NoSchedule"}]},
        "spec.tolerations: ",
    ),
    "every taint behind an honest one": (
        {"tolerations": [{"key": "nvidia.com/gpu", "operator": "Exists"}, EVERYTHING]},
        "spec.tolerations: ",
    ),
    "a node by its name": ({"nodeName": "system-a"}, "spec.nodeName: the scheduler chooses"),
    "the platform's priority": (
        {"priorityClassName": PRIORITY_CLASS},
        "spec.priorityClassName: a pod in a profile has a priority below 1000000",
    ),
    "the priority of add-ons": (
        {"priorityClassName": "system-cluster-critical"},
        "spec.priorityClassName: ",
    ),
    "the priority of daemons": (
        {"priorityClassName": "system-node-critical"},
        "spec.priorityClassName: ",
    ),
}


@pytest.mark.parametrize(("spec", "sentence"), ATTACKS.values(), ids=list(ATTACKS))
def test_attacks_are_refused_with_a_sentence(
    spec: dict[str, JsonValue], sentence: str, api: Client
) -> None:
    with pytest.raises(ClientError) as refusal:
        api.post(pods_of(PROFILE), pod("attack", **spec))

    assert refusal.value.code == 403
    assert sentence in str(refusal.value)


@pytest.mark.parametrize("spec", [spec for spec, _ in ATTACKS.values()], ids=list(ATTACKS))
def test_the_platform_itself_may_do_all_of_it(spec: dict[str, JsonValue], api: Client) -> None:
    api.post(f"{pods_of('kubeflow')}?dryRun=All", pod("platform", **spec))


def test_nobody_adds_a_toleration_to_a_pod_that_runs(api: Client) -> None:
    api.post(pods_of(PROFILE), pod("running"))
    path = f"{pods_of(PROFILE)}/running"
    before: list[dict[str, Any]] = api.get(path)["spec"]["tolerations"]

    with pytest.raises(ClientError, match=r"spec\.tolerations: "):
        api.merge(path, {"spec": {"tolerations": [*before, EVERYTHING]}})
    api.merge(path, {"metadata": {"labels": {"still": "mine"}}})


def test_a_pod_from_before_the_policy_can_be_changed_and_ended(api: Client) -> None:
    """A Job's pod has a finalizer, which its controller takes away by an update."""
    path = f"{pods_of(PROFILE)}/of-old"

    api.merge(path, {"metadata": {"finalizers": ["batch.kubernetes.io/job-tracking"]}})
    api.merge(path, {"metadata": {"finalizers": []}})
    api.delete(path, api.get(path)["metadata"]["uid"])
    until(lambda: not _exists(api, path))


def test_a_controller_that_makes_such_pods_is_told_why(api: Client) -> None:
    template = {"metadata": {"labels": {"app": "it"}}, "spec": pod("it")["spec"]}
    spec: Any = {"selector": {"matchLabels": {"app": "it"}}, "template": template}
    template["spec"] = {**pod("it")["spec"], "tolerations": [EVERYTHING]}  # type: ignore[dict-item]
    api.post(
        f"/apis/apps/v1/namespaces/{PROFILE}/daemonsets",
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "it"}, "spec": spec},
    )
    have_nodes(api, f"{NODE_GROUP_LABEL}=cpu", [node("cpu-a", "cpu")])

    events = f"/api/v1/namespaces/{PROFILE}/events"
    until(lambda: any("spec.tolerations: a pod" in each["message"] for each in api.items(events)))

    assert not api.items(f"{pods_of(PROFILE)}?labelSelector=app%3Dit")


def node(name: str, group: str, *taints: Taint) -> Node:
    return Node(
        name=name,
        instance_type="m7i.xlarge",
        zone="us-west-2a",
        labels={NODE_GROUP_LABEL: group},
        taints=taints,
        allocatable=ROOM,
    )


def test_notebooks_wait_for_a_pool_and_the_platform_stays(api: Client) -> None:
    """Eight default notebooks would fill a system node; and the platform would move to a pool."""
    taint = Taint(key=SYSTEM_TAINT, value="true", effect="NoSchedule")
    have_nodes(api, f"{NODE_GROUP_LABEL}={SYSTEM}", [node("system-a", SYSTEM, taint)])
    have_nodes(api, f"{NODE_GROUP_LABEL}=cpu", [])
    for number in range(7):
        api.post(pods_of(PROFILE), pod(f"notebook-{number}"))
    platform = pod("controller")
    platform["spec"] = placed_pod(platform["spec"], own_nodes=True)  # type: ignore[arg-type]
    api.post(pods_of("kubeflow"), platform)

    def places(namespace: str) -> dict[str, str]:
        return {
            item["metadata"]["name"]: item["spec"].get("nodeName", "")
            for item in api.items(pods_of(namespace))
        }

    until(lambda: places("kubeflow") == {"controller": "system-a"})
    assert "system-a" not in places(PROFILE).values()

    have_nodes(api, f"{NODE_GROUP_LABEL}=cpu", [node("cpu-a", "cpu")])
    until(lambda: set(places(PROFILE).values()) == {"cpu-a"})
    assert api.get(f"{pods_of('kubeflow')}/controller")["spec"]["priority"] == 1_000_000


def test_the_policy_says_what_the_nodes_and_the_class_say(sample_platform: Platform) -> None:
    """Without a cluster: the taint's key and the class's value stand in both."""
    objects = {
        item["kind"]: item
        for one in sample_platform.components
        if one.component.name == "placement"
        for item in one.objects
    }
    policy: Any = objects["ValidatingAdmissionPolicy"]
    tolerations, _, priority = (each["expression"] for each in policy["spec"]["validations"])

    assert f"each.key != '{SYSTEM_TAINT}'" in tolerations
    assert f"object.spec.priority < {objects['PriorityClass']['value']} " in priority
    assert objects["PriorityClass"]["metadata"] == {"name": PRIORITY_CLASS}
