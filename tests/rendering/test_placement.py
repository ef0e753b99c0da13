"""The platform's pods stand on its own nodes, before users' pods, which stand elsewhere."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.objects.kubernetes_object import (
    CRD,
    JsonValue,
    KubernetesObject,
    key_of,
    pod_spec,
)
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM, SYSTEM_TAINT
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.rendering.placement import (
    PRIORITY_CLASS,
    place,
    placed_pod,
    tolerates_system_taint,
)
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from tests.support.deployments import option_of
from tests.support.platforms import best_of, sample_of

USERS_TEMPLATES = {
    ("serving.kserve.io", "ClusterServingRuntime"),
    ("trainer.kubeflow.org", "ClusterTrainingRuntime"),
}
"""What holds templates of pods that run in profiles."""

OF_KUBERNETES = {"system-cluster-critical", "system-node-critical"}

COMPONENT = Component.model_construct(name="it", description="It.", folder=Path())
CONTAINERS: JsonValue = [{"name": "main", "image": "main:1"}]
WORKLOADS = ["DaemonSet", "Deployment", "StatefulSet", "Job", "CronJob"]


def workload(kind: str, **spec: JsonValue) -> KubernetesObject:
    template: JsonValue = {"template": {"spec": {"containers": CONTAINERS, **spec}}}
    return {
        "apiVersion": "batch/v1" if kind.endswith("Job") else "apps/v1",
        "kind": kind,
        "metadata": {"name": "it", "namespace": "kubeflow"},
        "spec": {"jobTemplate": {"spec": template}} if kind == "CronJob" else template,
    }


def placed(item: KubernetesObject, *, own_nodes: bool = True) -> Mapping[str, JsonValue]:
    """The spec of its pods, placed once and twice, which is the same."""
    once = place(Rendered(component=COMPONENT, objects=[item]), own_nodes=own_nodes)
    assert place(once, own_nodes=own_nodes) == once
    spec = pod_spec(once.objects[0])
    assert spec is not None
    return spec


@pytest.mark.parametrize("kind", WORKLOADS)
def test_every_workload_is_placed_and_none_is_changed_in_place(kind: str) -> None:
    item = workload(kind)
    before = copy.deepcopy(item)

    spec = placed(item)

    assert spec["priorityClassName"] == PRIORITY_CLASS
    assert spec["tolerations"] == [{"key": "CriticalAddonsOnly", "operator": "Exists"}]
    assert spec["containers"] == CONTAINERS
    assert item == before


def test_daemons_run_on_users_nodes_as_well() -> None:
    assert "nodeSelector" not in placed(workload("DaemonSet"))
    assert placed(workload("Deployment"))["nodeSelector"] == {NODE_GROUP_LABEL: SYSTEM}


def test_what_a_pod_says_itself_stays() -> None:
    spec = placed(
        workload(
            "Deployment",
            nodeSelector={"kubernetes.io/os": "linux"},
            tolerations=[{"key": "other", "operator": "Exists"}],
            priorityClassName="system-cluster-critical",
        )
    )

    assert spec["nodeSelector"] == {"kubernetes.io/os": "linux", NODE_GROUP_LABEL: SYSTEM}
    assert spec["tolerations"] == [
        {"key": "other", "operator": "Exists"},
        {"key": "CriticalAddonsOnly", "operator": "Exists"},
    ]
    assert spec["priorityClassName"] == "system-cluster-critical"


@pytest.mark.parametrize(
    "enough",
    [
        {"operator": "Exists"},
        {"operator": "Exists", "effect": "NoSchedule"},
        {"key": "CriticalAddonsOnly", "operator": "Exists"},
    ],
)
def test_who_tolerates_the_taint_already_is_left_alone(enough: dict[str, JsonValue]) -> None:
    assert placed(workload("Deployment", tolerations=[enough]))["tolerations"] == [enough]


@pytest.mark.parametrize(
    "not_enough",
    [
        {"operator": "Exists", "effect": "NoExecute"},
        {"key": "CriticalAddonsOnly", "operator": "Equal", "value": "false"},
        {"key": "node.kubernetes.io/unschedulable", "operator": "Exists"},
    ],
)
def test_who_tolerates_something_else_gets_it(not_enough: dict[str, JsonValue]) -> None:
    assert len(list(_list(placed(workload("Job", tolerations=[not_enough]))["tolerations"]))) == 2


@pytest.mark.parametrize("kind", WORKLOADS)
def test_on_a_cluster_of_others_there_is_the_priority_alone(kind: str) -> None:
    assert placed(workload(kind), own_nodes=False) == {
        "containers": CONTAINERS,
        "priorityClassName": PRIORITY_CLASS,
    }


def test_templates_of_users_pods_stay_as_they_are() -> None:
    runtime: KubernetesObject = {
        "apiVersion": "serving.kserve.io/v1alpha1",
        "kind": "ClusterServingRuntime",
        "metadata": {"name": "it"},
        "spec": {"template": {"spec": {"containers": CONTAINERS}}},
    }
    found = place(Rendered(component=COMPONENT, objects=[runtime]), own_nodes=True)

    assert found.objects == [runtime]


def test_a_pod_that_python_makes_is_placed_alike() -> None:
    assert placed_pod({"containers": CONTAINERS}, own_nodes=True) == placed(workload("Deployment"))


FORMS = [*(preset.value for preset in Preset), "data-plane", "production"]
"""Every option, and everything switched on."""


@pytest.fixture(
    scope="module",
    params=[
        *(("sample", form) for form in FORMS),
        *(pytest.param(("upstream", form), marks=pytest.mark.upstream) for form in FORMS),
    ],
    ids="-".join,
)
def platform(
    request: pytest.FixtureRequest,
    data_plane: Deployment,
    production_deployment: Deployment,
    sample_cache: Path,
) -> Platform:
    """A form from the sample, or from the real upstream sources."""
    source, form = request.param
    named = {"data-plane": data_plane, "production": production_deployment}
    deployment = named.get(form) or option_of(form)
    if source == "sample":
        return sample_of(deployment, sample_cache)
    request.getfixturevalue("upstream_platform")
    return best_of(deployment)


class TestEveryRenderedPlatform:
    """Whatever the options."""

    def test_each_pod_has_a_place_a_toleration_and_a_priority(self, platform: Platform) -> None:
        values = {
            key_of(item).name: item["value"]
            for item in platform.objects
            if item["kind"] == "PriorityClass"
        }
        seen = 0
        for item in platform.objects:
            spec = pod_spec(item)
            if spec is None or (key_of(item).group, key_of(item).kind) in USERS_TEMPLATES:
                continue
            seen += 1
            of_class = str(spec["priorityClassName"])
            assert of_class in OF_KUBERNETES or values[of_class] == values[PRIORITY_CLASS], item
            assert any(map(tolerates_system_taint, _list(spec["tolerations"]))), item
            chosen = _mapping(spec.get("nodeSelector"))
            if item["kind"] != "DaemonSet":
                assert chosen[NODE_GROUP_LABEL] == SYSTEM, item
        assert seen > 20

    def test_no_other_kind_holds_pods_that_nobody_thought_of(self, platform: Platform) -> None:
        """A kind that is not here: do its pods run in profiles, or are they the platform's?"""
        for item in platform.objects:
            key = key_of(item)
            if key.kind != CRD and pod_spec(item) is None and any(_pods_in(item)):
                assert (key.group, key.kind) in USERS_TEMPLATES

    def test_templates_of_users_pods_choose_no_system_node(self, platform: Platform) -> None:
        templates = [
            item
            for item in platform.objects
            if (key_of(item).group, key_of(item).kind) in USERS_TEMPLATES
        ]
        specs = [spec for item in templates for spec in _pods_in(item)]

        assert {(key_of(item).group, key_of(item).kind) for item in templates} == USERS_TEMPLATES
        assert len(specs) >= len(templates)
        for spec in specs:
            assert NODE_GROUP_LABEL not in _mapping(spec.get("nodeSelector"))
            assert not any(map(tolerates_system_taint, _list(spec.get("tolerations"))))
            assert "priorityClassName" not in spec

    def test_the_priority_is_there_before_all_that_names_it(self, platform: Platform) -> None:
        """The stack kubeflow waits for the stack cluster as a whole."""
        first = platform.components[0].component
        assert (first.name, first.stack) == ("placement", "cluster")
        for one in platform.components[1:]:
            names = {(pod_spec(item) or {}).get("priorityClassName") for item in one.objects}
            if PRIORITY_CLASS in names and one.component.stack == "cluster":
                assert "placement" in one.component.after

    def test_a_disruption_budget_lets_at_least_one_pod_go(self, platform: Platform) -> None:
        """Else nodes of the platform could not be drained, and so not be brought up to date."""
        budgets = [item for item in platform.objects if item["kind"] == "PodDisruptionBudget"]
        for budget in budgets:
            spec = _mapping(budget["spec"])
            assert spec.get("maxUnavailable") == 1 or spec.get("minAvailable") == 0, budget

    def test_two_gateways_stand_in_zones_of_their_own(self, platform: Platform) -> None:
        named = {str(key_of(item)): item for item in platform.objects}
        name = "istio-system/istio-ingressgateway"
        scaling = _mapping(named[f"HorizontalPodAutoscaler.autoscaling {name}"]["spec"])
        budget = _mapping(named[f"PodDisruptionBudget.policy {name}"]["spec"])
        gateway = named[f"Deployment.apps {name}"]
        template = _mapping(_mapping(gateway["spec"])["template"])
        labels = _mapping(_mapping(template["metadata"])["labels"])
        spread = _list(_mapping(template["spec"])["topologySpreadConstraints"])
        selected = [budget["selector"], *(_mapping(each)["labelSelector"] for each in spread)]

        assert scaling["minReplicas"] == 2
        assert [_mapping(each)["topologyKey"] for each in spread] == [
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        ]
        for selector in selected:
            assert _mapping(_mapping(selector)["matchLabels"]).items() <= labels.items()


def test_a_cluster_of_others_gets_the_priority_and_no_node_is_chosen(
    existing_cluster_platform: Platform,
) -> None:
    specs = list(filter(None, map(pod_spec, existing_cluster_platform.objects)))

    assert specs
    for spec in specs:
        assert spec["priorityClassName"]
        assert NODE_GROUP_LABEL not in _mapping(spec.get("nodeSelector"))


def test_the_policy_says_what_the_nodes_and_the_class_say(sample_platform: Platform) -> None:
    """The taint's key and the class's value stand in both."""
    objects = {
        item["kind"]: item
        for one in sample_platform.components
        if one.component.name == "placement"
        for item in one.objects
    }
    policy = _mapping(objects["ValidatingAdmissionPolicy"]["spec"])
    tolerations, _, priority = (
        str(_mapping(each)["expression"]) for each in _list(policy["validations"])
    )

    assert f"each.key != '{SYSTEM_TAINT}'" in tolerations
    assert f"object.spec.priority < {objects['PriorityClass']['value']} " in priority
    assert objects["PriorityClass"]["metadata"] == {"name": PRIORITY_CLASS}


def _pods_in(node: JsonValue) -> Iterator[dict[str, JsonValue]]:
    """Whatever has containers, wherever it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("containers"), list):
            yield node
        for child in node.values():
            yield from _pods_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from _pods_in(child)


def _mapping(node: JsonValue) -> dict[str, JsonValue]:
    return node if isinstance(node, dict) else {}


def _list(node: JsonValue) -> list[JsonValue]:
    return node if isinstance(node, list) else []
