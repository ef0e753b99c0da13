"""Every placeholder is known, has a value, and every value has a use."""

from __future__ import annotations

import pytest

from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.objects import KubernetesObject
from kubeflow_aws.manifests.placeholders import Placeholder, fill_placeholders


def config(text: str) -> KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "settings", "namespace": "kubeflow"},
        "data": {"text": text, "list": [text, 1, None]},
    }


def test_values_take_the_place_of_placeholders_everywhere() -> None:
    [filled] = fill_placeholders(
        [config("in ${kubeflow-aws:region}, ${kubeflow-aws:region} and ${HOME}")],
        {Placeholder.REGION: "us-west-2"},
    )

    text = "in us-west-2, us-west-2 and ${HOME}"
    assert filled["data"] == {"text": text, "list": [text, 1, None]}


def test_an_unknown_placeholder_names_the_object_and_the_table() -> None:
    with pytest.raises(UserError, match=r"ConfigMap kubeflow/settings: .*moon.* cluster-name"):
        fill_placeholders([config("${kubeflow-aws:moon}")], {})


def test_a_placeholder_without_a_value_names_its_users() -> None:
    with pytest.raises(UserError, match="used by ConfigMap kubeflow/settings"):
        fill_placeholders([config("${kubeflow-aws:vpc-id}")], {})


def test_a_value_without_a_use_is_refused() -> None:
    with pytest.raises(UserError, match=r"vpc-id.* has a value that no object uses"):
        fill_placeholders([config("nothing")], {Placeholder.VPC_ID: "vpc-1"})
