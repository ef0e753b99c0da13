"""A namespace exists before what is in it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.rendering.component import Component
from kubeflow_aws.rendering.namespaces import check_namespaces
from kubeflow_aws.rendering.render import Rendered

NAMESPACE: KubernetesObject = {
    "apiVersion": "v1",
    "kind": "Namespace",
    "metadata": {"name": "apps"},
}


def config_map(namespace: str) -> KubernetesObject:
    metadata: KubernetesObject = {"name": "settings", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def rendered(component: Component, *objects: KubernetesObject) -> Rendered:
    return Rendered(component=component, objects=objects)


def test_a_namespace_of_an_earlier_component_will_do(component: Callable[..., Component]) -> None:
    check_namespaces(
        [
            rendered(component("first"), NAMESPACE),
            rendered(component("second", after=["first"])),
            rendered(component("third", after=["second"]), config_map("apps")),
        ]
    )


@pytest.mark.parametrize("namespace", ["default", "kube-system"])
def test_kubernetes_has_namespaces_of_its_own(
    component: Callable[..., Component], namespace: str
) -> None:
    check_namespaces([rendered(component("first"), config_map(namespace))])


def test_a_namespace_of_a_component_that_comes_later_is_too_late(
    component: Callable[..., Component],
) -> None:
    with pytest.raises(
        UserError,
        match=r"components/first: ConfigMap apps/settings is in the namespace apps, which the "
        r"component second defines too late",
    ):
        check_namespaces(
            [
                rendered(component("first"), config_map("apps")),
                rendered(component("second", after=["first"]), NAMESPACE),
            ]
        )


def test_a_namespace_that_nothing_defines_is_refused(component: Callable[..., Component]) -> None:
    with pytest.raises(UserError, match="which no component defines"):
        check_namespaces([rendered(component("first"), config_map("nowhere"))])
