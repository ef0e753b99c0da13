"""The platform against the nodes that a file gives it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kubeflow_aws.capacity.addon_pods import addons_of, declared_addons
from kubeflow_aws.capacity.fit import NodeGroup, check_capacity, fit_of
from kubeflow_aws.capacity.nodes import allocatable, max_pods
from kubeflow_aws.capacity.resources import MIB
from kubeflow_aws.capacity.workloads import workloads_of
from kubeflow_aws.catalog.instance_types import InstanceSize, instance_table
from kubeflow_aws.deployment import Deployment, load_deployment
from kubeflow_aws.deployment.cluster import SystemNodes
from kubeflow_aws.deployment.model import Preset
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.rendering.platform import Platform
from stacks.build import build
from tests.support.assembly import Assembly, CheckedAssembly, new_app, resources
from tests.support.deployments import EXISTING_CLUSTER, EXISTING_VPC, PRODUCTION, variation
from tests.support.platforms import best_of


def nodes(instance_type: str, count: int) -> dict[str, JsonValue]:
    """A change of a deployment: other system nodes."""
    system: JsonValue = {
        "instance_types": [instance_type],
        "min_size": count,
        "max_size": max(count, 6),
    }
    return {"cluster": {"system_nodes": system}}


def size_of(instance_type: str) -> InstanceSize:
    return instance_table().instance_types[instance_type]


def group_of(*instance_types: str, nodes: int) -> NodeGroup:
    return NodeGroup(sizes={each: size_of(each) for each in instance_types}, nodes=nodes)


def pod(cpu: str, memory: str, *, replicas: int = 1) -> KubernetesObject:
    requests: JsonValue = {"cpu": cpu, "memory": memory}
    spec: JsonValue = {"containers": [{"name": "main", "resources": {"requests": requests}}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "it", "namespace": "apps"},
        "spec": {"replicas": replicas, "template": {"spec": spec}},
    }


def test_what_a_node_has_for_pods() -> None:
    """As nodeadm reckons it: 80 millicores of four, 11 MiB for each of 58 pods, and so on."""
    node = allocatable(size_of("m7i.xlarge"))

    assert node.cpu == 3920
    assert node.pods == 58
    assert node.memory // MIB == int(16384 * 0.925) - (255 + 11 * 58) - 100


@pytest.mark.parametrize(
    ("instance_type", "pods"),
    [("t3.medium", 17), ("m7i.large", 29), ("m7i.4xlarge", 110), ("m7i.16xlarge", 250)],
)
def test_pods_are_as_many_as_addresses_or_as_eks_allows(instance_type: str, pods: int) -> None:
    assert max_pods(size_of(instance_type)) == pods


@pytest.mark.parametrize("preset", list(Preset))
def test_each_option_declares_the_addons_that_its_template_has(
    preset: Preset, option: Callable[[str], CheckedAssembly], project: Path
) -> None:
    deployment = load_deployment(project / "deployments" / f"{preset.value}.yaml")
    cluster = option(preset.value).assembly.stack("KubeflowCluster")

    assert addons_of(deployment) == _addons(cluster)


def test_so_does_the_data_plane(data_plane: Deployment, data_plane_assembly: Assembly) -> None:
    addons = _addons(data_plane_assembly.stack("KubeflowCluster"))

    assert addons_of(data_plane) == addons == declared_addons().keys()


def _addons(template: dict[str, object]) -> set[str]:
    found = resources(template, "AWS::EKS::Addon").values()
    return {addon["Properties"]["AddonName"] for addon in found}


def test_nodes_that_are_too_few_are_refused(vanilla: Deployment, sample_platform: Platform) -> None:
    few = variation(vanilla, nodes("t3.medium", 2))

    with pytest.raises(UserError) as refusal:
        check_capacity(few, sample_platform.components, file="deployments/mine.yaml")

    [sentence] = str(refusal.value).splitlines()
    assert sentence.startswith("deployments/mine.yaml: cluster.system_nodes: 2 x t3.medium offer ")
    assert " 34 pods, but the platform asks for " in sentence
    assert sentence.endswith(
        "take larger types, more nodes (min_size or desired_size), or switch components off"
    )


def test_the_desired_size_counts_and_not_the_most(
    vanilla: Deployment, sample_platform: Platform
) -> None:
    system: dict[str, JsonValue] = {"instance_types": ["t3.medium"], "min_size": 2, "max_size": 9}
    at_most = variation(vanilla, {"cluster": {"system_nodes": system}})
    wanted = variation(vanilla, {"cluster": {"system_nodes": system | {"desired_size": 9}}})

    check_capacity(wanted, sample_platform.components)
    with pytest.raises(UserError, match=r"2 x t3\.medium"):
        check_capacity(at_most, sample_platform.components)


def test_production_fits_without_one_of_its_nodes(
    vanilla: Deployment, sample_platform: Platform
) -> None:
    def of(count: int, environment: str) -> Deployment:
        settings = PRODUCTION | nodes("t3.medium", count) | {"environment": environment}
        return variation(vanilla, settings)

    def least(environment: str) -> int:
        return next(
            count for count in range(2, 20) if _fits(of(count, environment), sample_platform)
        )

    just_enough = least("development")
    with pytest.raises(UserError) as refusal:
        check_capacity(
            of(just_enough, "production"), sample_platform.components, file="deployments/mine.yaml"
        )

    assert least("production") == just_enough + 1

    [sentence] = str(refusal.value).splitlines()
    assert sentence.startswith(
        "deployments/mine.yaml: cluster.system_nodes: in production the platform must outlive the "
        f"loss of one of its {just_enough} nodes: {just_enough - 1} x t3.medium offer "
    )
    assert sentence.endswith("or switch components off")


def _fits(deployment: Deployment, platform: Platform) -> bool:
    try:
        check_capacity(deployment, platform.components)
    except UserError:
        return False
    return True


def test_each_resource_that_is_short_is_named() -> None:
    group = group_of("m7i.large", nodes=2)
    fit = fit_of(group, (), [pod("900m", "3Gi", replicas=5)])

    assert fit.asked.cpu > fit.offered.cpu
    assert fit.asked.memory > fit.offered.memory
    assert fit.asked.pods <= fit.offered.pods


def test_a_pod_that_fits_on_no_node_is_refused(
    vanilla: Deployment, sample_platform: Platform
) -> None:
    """All nodes together would have room for it."""
    component = sample_platform.components[0]
    large = type(component)(component=component.component, objects=[pod("1800m", "1Gi")])
    many = variation(vanilla, nodes("m7i.large", 6))

    with pytest.raises(
        UserError, match=r"a pod of Deployment.apps apps/it asks for 1.80 vCPUs"
    ) as (refusal):
        check_capacity(many, [*sample_platform.components, large])

    assert "a node has 1.93 vCPUs less 0." in str(refusal.value)


def test_of_several_types_the_smallest_counts() -> None:
    group = group_of("m7i.2xlarge", "m7i.large", nodes=2)

    assert fit_of(group, (), []).offered == allocatable(size_of("m7i.large")) * 2


def test_daemons_count_on_each_node() -> None:
    one, two = (
        fit_of(group_of("m7i.large", nodes=count), ["kube-proxy", "coredns"], [])
        for count in (1, 2)
    )

    assert two.asked.cpu - one.asked.cpu == 100
    assert one.asked.cpu == 100 + 2 * 100


@pytest.mark.parametrize(
    ("size", "offered"),
    [
        ({"memory_mib": 1024}, "0.00 GiB"),
        ({"network_interfaces": 2, "ipv4_addresses": 4}, "16 pods"),
    ],
)
def test_a_type_that_the_table_does_not_know_offers_what_the_file_says(
    size: dict[str, JsonValue], offered: str, vanilla: Deployment, sample_platform: Platform
) -> None:
    enough = {"vcpus": 8, "memory_mib": 32768, "network_interfaces": 4, "ipv4_addresses": 15}

    def of(size: JsonValue) -> Deployment:
        system: JsonValue = {"instance_types": ["m99i.2xlarge"], "min_size": 2}
        cluster = {"system_nodes": system, "unlisted_instance_types": {"m99i.2xlarge": size}}
        return variation(vanilla, {"cluster": cluster})

    check_capacity(of({**enough}), sample_platform.components)
    with pytest.raises(UserError, match=rf"2 x m99i\.2xlarge offer {offered}"):
        check_capacity(of({**enough, **size}), sample_platform.components)


def test_nodes_of_an_existing_cluster_are_not_judged(
    vanilla: Deployment, sample_platform: Platform
) -> None:
    theirs = variation(vanilla, {"network": EXISTING_VPC, "cluster": EXISTING_CLUSTER})
    component = sample_platform.components[0]
    huge = type(component)(component=component.component, objects=[pod("900", "9Ti")])

    check_capacity(theirs, [*sample_platform.components, huge])


def test_the_synth_refuses_before_it_makes_a_stack(
    vanilla: Deployment, sample_platform: Platform, tmp_path: Path
) -> None:
    app = new_app(tmp_path)

    with pytest.raises(UserError, match=r"^mine.yaml: cluster.system_nodes: 2 x t3.medium"):
        build(
            app,
            variation(vanilla, nodes("t3.medium", 2)),
            sample_platform,
            None,
            file="mine.yaml",
        )

    assert [child.node.id for child in app.node.children] == []


@pytest.mark.upstream
@pytest.mark.parametrize("preset", list(Preset))
def test_the_real_platform_fits_without_one_of_its_nodes(
    preset: Preset, project: Path, upstream_platform: Platform
) -> None:
    """So that it outlives a zone."""
    assert upstream_platform.components
    deployment = load_deployment(project / "deployments" / f"{preset.value}.yaml")
    system = deployment.cluster.system_nodes
    group = group_of(*system.instance_types, nodes=system.at_start(production=False) - 1)

    fit = fit_of(group, addons_of(deployment), best_of(deployment).objects)

    assert not fit.lacking
    assert not fit.too_large


@pytest.mark.upstream
def test_so_does_production_with_a_node_more(
    production_deployment: Deployment, upstream_platform: Platform
) -> None:
    """Its servers run twice, for which three nodes less one have no room."""
    assert upstream_platform.components
    three = production_deployment.cluster.model_copy(
        update={"system_nodes": SystemNodes(min_size=3)}
    )
    fewer = production_deployment.model_copy(update={"cluster": three})
    components = best_of(production_deployment).components

    check_capacity(production_deployment, components)
    with pytest.raises(UserError, match=r"loss of one of its 3 nodes: 2 x m7i\.xlarge offer"):
        check_capacity(fewer, components)


@pytest.mark.upstream
def test_the_real_istio_says_what_its_proxy_asks_for(upstream_platform: Platform) -> None:
    """The dashboard itself asks for nothing."""
    [dashboard] = [
        each
        for each in workloads_of(upstream_platform.objects)
        if each.name.endswith(" kubeflow/dashboard")
    ]

    assert dashboard.each.cpu > 0
    assert dashboard.each.memory > 0
