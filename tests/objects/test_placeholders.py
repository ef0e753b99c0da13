"""Every placeholder is known, has a value, and every value has a use."""

from __future__ import annotations

import pytest

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.objects.placeholders import Placeholder, fill_placeholders


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


def policy(cidr: str, port: str = "8080") -> KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "Policy",
        "metadata": {"name": "admit"},
        "spec": {"from": [{"block": {"cidr": cidr}}, {"block": {"cidr": "::1"}}], "port": port},
    }


@pytest.mark.parametrize("cidrs", [(), ("10.0.0.0/24",), ("10.0.0.0/24", "10.0.1.0/24")])
def test_an_item_of_a_list_stands_once_for_each_value(cidrs: tuple[str, ...]) -> None:
    [filled] = fill_placeholders(
        [policy("${kubeflow-aws:load-balancer-ranges}")], {Placeholder.LOAD_BALANCER_RANGES: cidrs}
    )

    expected = [{"block": {"cidr": cidr}} for cidr in (*cidrs, "::1")]
    assert filled["spec"] == {"from": expected, "port": "8080"}


def test_a_field_without_a_value_is_left_out() -> None:
    values = {Placeholder.WEB_ACL_ARN: ()}
    [filled] = fill_placeholders([policy("10.0.0.0/8", "${kubeflow-aws:web-acl-arn}")], values)

    assert isinstance(filled["spec"], dict)
    assert filled["spec"].keys() == {"from"}


def test_a_field_takes_one_value_and_not_two() -> None:
    item = policy("10.0.0.0/8", "${kubeflow-aws:web-acl-arn}")
    [filled] = fill_placeholders([item], {Placeholder.WEB_ACL_ARN: ("arn",)})

    assert isinstance(filled["spec"], dict)
    assert filled["spec"]["port"] == "arn"
    with pytest.raises(UserError, match="Policy admit: spec stands outside of any list"):
        fill_placeholders([item], {Placeholder.WEB_ACL_ARN: ("one", "two")})
