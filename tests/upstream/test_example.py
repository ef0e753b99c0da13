"""The vanilla deployment is upstream's example plus and minus what the overlays say."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow_aws.changes.differences import paths_that_differ
from kubeflow_aws.changes.object_changes import changes_of
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, images, key_of
from kubeflow_aws.rendering.placement import place
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from kubeflow_aws.rendering.slimming import CONTAINER_HOOKS, POD_LISTS, slim
from tests.support.assembly import Assembly

pytestmark = pytest.mark.upstream


def explained(kind: str) -> Any:
    entries = yaml.safe_load((Path(__file__).parent / "differences.yaml").read_text("utf-8"))[kind]
    if kind == "changed":
        changed: dict[str, set[str]] = {}
        for entry in entries:
            for key, paths in entry["objects"].items():
                changed.setdefault(key, set()).update(paths)
        return changed
    return {key for entry in entries for key in entry["objects"]}


def test_nothing_is_lost_and_nothing_unexplained(
    example: list[KubernetesObject], upstream_platform: Platform
) -> None:
    rendered = [
        item
        for one in upstream_platform.components
        if not one.component.chart
        for item in one.objects
    ]

    slimmed = [slim(item) for item in example]
    # Said of all pods at once, and tested in tests/rendering/test_placement.py.
    placed = place(
        Rendered(component=upstream_platform.components[0].component, objects=slimmed),
        own_nodes=True,
    ).objects
    [found] = changes_of({"all": placed}, {"all": rendered})

    assert set(map(str, found.removed)) == explained("removed")
    assert set(map(str, found.added)) == explained("added")
    assert {str(each.key): set(each.paths) for each in found.changed} == explained("changed")


def test_the_readme_counts_right(example: list[KubernetesObject], project: Path) -> None:
    changed, removed, added = (len(explained(each)) for each in ("changed", "removed", "added"))
    text = " ".join((project / "README.md").read_text(encoding="utf-8").split())

    assert (
        f"change {changed} of {len(example)} objects, drop {removed} and add {added}, each for a"
    ) in text


def test_both_parsers_read_the_same(example_text: str, example: list[KubernetesObject]) -> None:
    assert example == [item for item in yaml.load_all(example_text, yaml.CSafeLoader) if item]


def test_what_is_rendered_is_what_is_applied(
    upstream_platform: Platform, upstream_assembly: Assembly
) -> None:
    rendered = {str(key_of(item)) for item in upstream_platform.objects}
    applied = [str(key_of(item)) for item in upstream_assembly.objects()]

    assert len(applied) == len(set(applied))
    assert set(applied) - rendered == {
        "EC2NodeClass.karpenter.k8s.aws cpu",
        "EC2NodeClass.karpenter.k8s.aws gpu",
        "NodePool.karpenter.sh cpu",
        "NodePool.karpenter.sh gpu",
        "PodDefault.kubeflow.org kubeflow-user-example-com/access-ml-pipeline",
        "StorageClass.storage.k8s.io gp3",
        "LimitRange kubeflow-user-example-com/kubeflow-profile",
        "Namespace kubeflow-user-example-com",
        "NetworkPolicy.networking.k8s.io kubeflow-user-example-com/kubeflow-profile",
        "Profile.kubeflow.org kubeflow-user-example-com",
        "RoleBinding.rbac.authorization.k8s.io kubeflow-user-example-com/namespaceAdmin",
    }
    assert rendered <= set(applied)


def test_slimming_takes_descriptions_and_pod_lists_only(example: list[KubernetesObject]) -> None:
    for item in example:
        if item["kind"] != "CustomResourceDefinition":
            assert slim(item) is item
            continue
        for path in paths_that_differ(_bare(item), slim(item)):
            parts = path.replace("[", ".").split(".")
            assert set(parts) & {*POD_LISTS, *CONTAINER_HOOKS}, path


def _bare(item: KubernetesObject) -> KubernetesObject:
    """A CRD without descriptions, but not pruned."""

    def bare(node: Any, *, fields: bool = False) -> Any:
        if isinstance(node, list):
            return [bare(each) for each in node]
        if not isinstance(node, dict):
            return node
        return {
            name: bare(child, fields=name == "properties" and not fields)
            for name, child in node.items()
            if fields or name != "description"
        }

    return dict(copy.deepcopy(item), spec=bare(item["spec"]))


@pytest.mark.parametrize("option", ["upstream_assembly", "upstream_cognito_assembly"])
def test_istio_is_at_its_floor_everywhere(option: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(option)
    objects = list(assembly.objects())
    istio = {image for image in images(objects) if "registry.istio.io" in image}
    [injector] = [
        item
        for item in objects
        if str(key_of(item)).endswith("istio-sidecar-injector") and item["kind"] == "ConfigMap"
    ]
    data: Any = injector["data"]

    assert {image.rpartition(":")[2] for image in istio} == {"1.30.4"}
    assert len(istio) == 3
    assert json.loads(data["values"])["global"]["tag"] == "1.30.4"


def test_no_password_of_upstreams_documentation_is_left(upstream_assembly: Assembly) -> None:
    hashes = "4K/VkmDd1q1Orb3xAt82zu8gk7Ad6ReFR4LCP9UeYE90NLiN9Df72"

    assert not any(hashes in str(item) for item in upstream_assembly.objects())


def test_no_image_comes_from_a_staging_registry(upstream_assembly: Assembly) -> None:
    assert not [image for image in images(upstream_assembly.objects()) if "staging" in image]


def test_cognito_takes_the_place_of_dex_and_nothing_else(
    upstream_assembly: Assembly, upstream_cognito_assembly: Assembly
) -> None:
    vanilla = {str(key_of(item)) for item in upstream_assembly.objects()}
    cognito = {str(key_of(item)) for item in upstream_cognito_assembly.objects()}

    def of_profiles(keys: set[str]) -> set[str]:
        return {
            key
            for key in keys
            if re.search(r"^(Namespace|Profile\S*) (alice|kubeflow-user)|/user-\w+-", key)
            or re.search(r" (alice|kubeflow-user-example-com)/", key)
        }

    # Vanilla has no shared files.
    assert cognito - vanilla - of_profiles(cognito) - {"StorageClass.storage.k8s.io efs"} == {
        "AuthorizationPolicy.security.istio.io istio-system/istio-ingressgateway-require-identity",
        "EnvoyFilter.networking.istio.io istio-system/kubeflow-edge",
        "Ingress.networking.k8s.io istio-system/kubeflow",
        "Ingress.networking.k8s.io istio-system/kubeflow-logout",
        "Ingress.networking.k8s.io istio-system/kubeflow-machines",
        "Ingress.networking.k8s.io istio-system/kubeflow-scripts",
        "IngressClass.networking.k8s.io kubeflow",
        "IngressClassParams.elbv2.k8s.aws kubeflow",
        "NetworkPolicy.networking.k8s.io istio-system/allow-load-balancer-to-istio-ingressgateway",
        "NetworkPolicy.networking.k8s.io istio-system/allow-profiles-to-istio-ingressgateway",
        "RequestAuthentication.security.istio.io istio-system/cognito",
    }
    gone = vanilla - cognito - of_profiles(vanilla)
    assert {"Namespace auth", "Namespace oauth2-proxy"} <= gone
    of_dex = re.compile(r" (auth|oauth2-proxy)(/|$)|dex|oauth2-proxy|m2m|require-jwt|cluster-jwks")
    assert [key for key in gone if not of_dex.search(key)] == []
