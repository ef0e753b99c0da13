"""In production, servers run twice, in different zones, and one stays while nodes are drained."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import (
    JsonValue,
    KubernetesObject,
    child,
    dicts,
    key_of,
    pod_template,
)
from kubeflow_aws.rendering.availability import (
    Availability,
    guards,
    load_availability,
    make_available,
)
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.rendering.packs import pack_component
from kubeflow_aws.rendering.platform import AVAILABILITY_FILE, Platform
from kubeflow_aws.rendering.render import Rendered
from tests.support.deployments import variation
from tests.support.platforms import best_of, sample_of
from tests.support.schemas import Schemas

COMPONENT = Component.model_construct(name="it", description="It.", folder=Path())
NAME = "Deployment.apps kubeflow/web"
LABELS: JsonValue = {"app": "web"}
SELECTOR: JsonValue = {"matchLabels": LABELS}
BUDGET: JsonValue = {
    "maxUnavailable": 1,
    "selector": SELECTOR,
    "unhealthyPodEvictionPolicy": "AlwaysAllow",
}
ZONE, NODE = "topology.kubernetes.io/zone", "kubernetes.io/hostname"

BUDGETS_EVERYWHERE = {
    "istio-system/istio-ingressgateway",
    "knative-serving/activator-pdb",
    "knative-serving/webhook-pdb",
    "kube-system/aws-load-balancer-controller",
    "kube-system/karpenter",
}
"""Of upstream, of charts, and of the gateway, which runs twice in every environment."""

TWICE_EVERYWHERE = {
    "Deployment.apps istio-system/istio-ingressgateway",
    "Deployment.apps kube-system/aws-load-balancer-controller",
    "Deployment.apps kube-system/karpenter",
}

SCALABLE = {("apps", "Deployment"), ("apps", "StatefulSet")}
"""Group and kind of workloads that have a number of replicas."""

ONE_ROW = (
    "workloads: [{names}], why: It answers somebody., source: The source of the program.,"
    " read_on: 2026-11-30"
)


def web(*, spread: list[JsonValue] | None = None, **spec: JsonValue) -> KubernetesObject:
    pod: dict[str, JsonValue] = {"containers": [{"name": "main", "image": "main:1"}]}
    if spread is not None:
        pod["topologySpreadConstraints"] = spread
    template: JsonValue = {"metadata": {"labels": {"app": "web", "version": "v1"}}, "spec": pod}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "kubeflow"},
        "spec": {"selector": SELECTOR, "template": template, **spec},
    }


def budget(name: str, *, namespace: str = "kubeflow", app: str = "web") -> KubernetesObject:
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"minAvailable": "80%", "selector": {"matchLabels": {"app": app}}},
    }


def scaler(least: int, *, name: str = "web") -> KubernetesObject:
    target: JsonValue = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": name, "namespace": "kubeflow"},
        "spec": {"maxReplicas": 5, "minReplicas": least, "scaleTargetRef": target},
    }


def available(*items: KubernetesObject, twice: str = NAME) -> Mapping[str, KubernetesObject]:
    """The objects by kind and path, made available once and twice, which is the same."""
    before = copy.deepcopy(items)
    once = make_available(Rendered(component=COMPONENT, objects=items), {twice})
    assert make_available(once, {twice}) == once
    assert items == before
    return {str(key_of(item)): item for item in once.objects}


def test_a_server_runs_twice_and_one_of_two_stays() -> None:
    found = available(web(replicas=1))

    assert child(found[NAME], "spec", "replicas") == 2
    assert found["PodDisruptionBudget.policy kubeflow/available-web"]["spec"] == BUDGET
    assert len(found) == 2


@pytest.mark.parametrize(("given", "made"), [(1, 2), (2, 2), (3, 3)])
def test_more_than_two_stay(given: int, made: int) -> None:
    assert child(available(web(replicas=given))[NAME], "spec", "replicas") == made


def test_no_number_is_one() -> None:
    assert child(available(web())[NAME], "spec", "replicas") == 2


def test_its_pods_wish_for_zones_and_nodes_of_their_own() -> None:
    spread = spread_of(available(web())[NAME])

    assert [each["topologyKey"] for each in spread] == [ZONE, NODE]
    for each in spread:
        assert each["labelSelector"] == SELECTOR
        assert each["whenUnsatisfiable"] == "ScheduleAnyway"


def test_a_spread_of_its_own_stays() -> None:
    own: JsonValue = {"topologyKey": ZONE, "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}

    spread = spread_of(available(web(spread=[own]))[NAME])

    assert spread[0] == own
    assert [each["topologyKey"] for each in spread] == [ZONE, NODE]


def test_kubernetes_knows_all_that_is_made() -> None:
    made = list(available(web(), scaler(1)).values())
    schemas = Schemas(made, DEFAULT_KUBERNETES_VERSION)

    assert [schemas.error(item) for item in made] == [None] * 3


@pytest.mark.parametrize(("least", "made"), [(1, 2), (2, 2), (3, 3)])
def test_what_an_autoscaler_holds_is_left_to_it(least: int, made: int) -> None:
    found = available(web(), scaler(least))

    assert "replicas" not in _mapping(found[NAME]["spec"])
    scaling = found["HorizontalPodAutoscaler.autoscaling kubeflow/web"]
    assert child(scaling, "spec", "minReplicas") == made


def test_the_autoscaler_of_another_workload_stays_as_it_is() -> None:
    found = available(web(), scaler(1, name="other"))

    assert found["HorizontalPodAutoscaler.autoscaling kubeflow/other"] == scaler(1, name="other")
    assert child(found[NAME], "spec", "replicas") == 2


def test_upstreams_budget_is_changed_and_none_is_added() -> None:
    """The API server evicts no pod that two budgets select."""
    found = available(web(), budget("upstreams"))

    assert found["PodDisruptionBudget.policy kubeflow/upstreams"]["spec"] == BUDGET
    assert len(found) == 2


def test_a_budget_of_two_workloads_becomes_one_of_each() -> None:
    other = web()
    other["metadata"] = {"name": "other", "namespace": "kubeflow"}
    both: KubernetesObject = {**budget("upstreams"), "spec": {"selector": {}, "minAvailable": 1}}

    once = make_available(
        Rendered(component=COMPONENT, objects=[web(), other, both]),
        {NAME, "Deployment.apps kubeflow/other"},
    )

    names = [key_of(item).name for item in once.objects if item["kind"] == "PodDisruptionBudget"]
    assert names == ["upstreams", "available-other"]


@pytest.mark.parametrize(
    "other", [budget("upstreams", namespace="other"), budget("upstreams", app="other")]
)
def test_a_budget_of_other_pods_stays_as_it_is(other: KubernetesObject) -> None:
    found = available(web(), other)

    assert found[str(key_of(other))] == other
    assert found["PodDisruptionBudget.policy kubeflow/available-web"]["spec"] == BUDGET


def test_a_budget_without_a_selector_guards_nothing() -> None:
    other: KubernetesObject = {**budget("upstreams"), "spec": {"maxUnavailable": 1}}

    found = available(web(), other)

    assert found["PodDisruptionBudget.policy kubeflow/upstreams"] == other
    assert found["PodDisruptionBudget.policy kubeflow/available-web"]["spec"] == BUDGET


def test_what_runs_once_stays_as_it_is() -> None:
    items = [web(replicas=1), scaler(1), budget("upstreams")]

    found = available(*items, twice="Deployment.apps kubeflow/other")

    assert list(found.values()) == items


def test_a_workload_stands_in_the_file_once(tmp_path: Path) -> None:
    file = tmp_path / "availability.yaml"
    row = ONE_ROW.format(names=NAME)
    file.write_text(f"replicated: [{{{row}}}]\nsingle: [{{{row}}}]\n", encoding="utf-8")

    with pytest.raises(UserError, match=f"{NAME}: stands in two rows; keep one"):
        load_availability(file)


@pytest.mark.parametrize("name", ["DaemonSet.apps kubeflow/web", "kubeflow/web"])
def test_the_file_names_nothing_but_workloads(tmp_path: Path, name: str) -> None:
    file = tmp_path / "availability.yaml"
    row = ONE_ROW.format(names=name)
    file.write_text(f"replicated: [{{{row}}}]\nsingle: []\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"replicated\.0\.workloads\.0"):
        load_availability(file)


@pytest.fixture(scope="session")
def table(project: Path) -> Availability:
    return load_availability(project / "manifests" / AVAILABILITY_FILE)


@pytest.fixture(
    scope="module", params=["sample", pytest.param("upstream", marks=pytest.mark.upstream)]
)
def rendered(
    request: pytest.FixtureRequest, sample_cache: Path
) -> Callable[[Deployment], Platform]:
    """Renders from the sample, or from the real upstream sources."""
    if request.param == "sample":
        return lambda deployment: sample_of(deployment, sample_cache)
    request.getfixturevalue("upstream_platform")
    return best_of


@pytest.fixture(scope="module")
def production(
    rendered: Callable[[Deployment], Platform], production_deployment: Deployment
) -> Platform:
    """Everything switched on, in production."""
    return rendered(production_deployment)


@pytest.fixture(scope="module")
def development(rendered: Callable[[Deployment], Platform], data_plane: Deployment) -> Platform:
    """The same elsewhere."""
    return rendered(data_plane)


class TestProduction:
    """Whatever upstream has."""

    def test_every_workload_stands_in_the_file(
        self, production: Platform, table: Availability
    ) -> None:
        unknown = [name for name in scalable(production) if name not in table.twice | table.once]

        assert not unknown, (
            f"{', '.join(unknown)}: does somebody wait for an answer of it, and may it run twice? "
            "Read its source, and add it to manifests/availability.yaml under replicated or single"
        )

    def test_those_that_are_replicated_run_at_least_twice(
        self, production: Platform, table: Availability
    ) -> None:
        found = {name: least_of(item, production) for name, item in scalable(production).items()}

        assert len(table.twice & found.keys()) > 10
        assert [name for name in table.twice & found.keys() if found[name] < 2] == []
        assert [name for name in table.once & found.keys() if found[name] != 1] == []

    def test_they_are_spread_over_zones_and_nodes(
        self, production: Platform, table: Availability
    ) -> None:
        for name, item in scalable(production).items():
            topologies = {each["topologyKey"] for each in spread_of(item)}
            assert topologies >= {ZONE, NODE} or name not in table.twice, name

    def test_each_of_them_has_one_budget_and_no_other_pod_has_any(
        self, production: Platform, table: Availability
    ) -> None:
        """Two could evict none; a budget of a single pod would hold up its node, or say nothing."""
        for item in production.objects:
            if pod_template(item) is None:
                continue
            held = [each["spec"] for each in production.objects if guards(each, item)]
            allowed = [
                {**_mapping(each), "selector": None} == {**_mapping(BUDGET), "selector": None}
                for each in held
            ]
            assert allowed == ([True] if str(key_of(item)) in table.twice else []), key_of(item)


def test_budgets_go_into_the_packs_that_there_are(
    rendered: Callable[[Deployment], Platform], data_plane: Deployment
) -> None:
    """Each pack is a custom resource, and a fuller one must still fit."""

    def packs_in(environment: str) -> list[str]:
        deployment = variation(data_plane, {"environment": environment})
        components = rendered(deployment).components
        return [
            str(pack) for one in components for pack in pack_component(one.component, one.objects)
        ]

    assert packs_in("production") == packs_in("development")


def test_elsewhere_everything_is_as_it_was(development: Platform) -> None:
    found = {name: least_of(item, development) for name, item in scalable(development).items()}
    budgets = {
        f"{key.namespace}/{key.name}"
        for key in map(key_of, development.objects)
        if key.kind == "PodDisruptionBudget"
    }

    assert {name for name, least in found.items() if least > 1} <= TWICE_EVERYWHERE
    assert budgets <= BUDGETS_EVERYWHERE


@pytest.mark.upstream
def test_no_row_of_the_file_is_idle(
    table: Availability, production_deployment: Deployment, upstream_platform: Platform
) -> None:
    """A workload that production renders no more has a row too many."""
    assert upstream_platform.components

    assert table.twice | table.once == scalable(best_of(production_deployment)).keys()


def scalable(platform: Platform) -> dict[str, KubernetesObject]:
    """What has a number of replicas, by kind and path."""
    return {
        str(key): item
        for item in platform.objects
        if ((key := key_of(item)).group, key.kind) in SCALABLE
    }


def least_of(item: KubernetesObject, platform: Platform) -> int:
    """How many pods a workload has at least: one where it says nothing."""
    key = key_of(item)
    for each in platform.objects:
        of_it = key_of(each).namespace == key.namespace and (
            child(each, "spec", "scaleTargetRef", "name") == key.name
        )
        if each["kind"] == "HorizontalPodAutoscaler" and of_it:
            return int(str(child(each, "spec", "minReplicas")))
    return int(str(child(item, "spec", "replicas") or 1))


def spread_of(item: KubernetesObject) -> list[dict[str, JsonValue]]:
    return dicts(child(item, "spec", "template", "spec", "topologySpreadConstraints"))


def _mapping(node: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(node, dict)
    return node
