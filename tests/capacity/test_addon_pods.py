"""The file of the add-ons' pods says of each how many there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.capacity.addon_pods import FILE, addon_pods, load_addon_pods
from kubeflow_aws.capacity.resources import MIB, Resources
from kubeflow_aws.files.errors import UserError


def test_deployments_count_and_daemons_are_on_each_node() -> None:
    controller, node = addon_pods(["aws-fsx-csi-driver"])

    assert (controller.count, controller.per_node) == (2, False)
    assert controller.each == Resources(cpu=40, memory=136 * MIB, pods=1)
    assert (node.count, node.per_node) == (1, True)


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("coredns, replicas: 2,", "coredns,", "Deployment.apps kube-system/coredns: a Deployment"),
        (
            "aws-node,",
            "aws-node, replicas: 2,",
            "DaemonSet.apps kube-system/aws-node: a Deployment",
        ),
        ("DaemonSet.apps kube-system/aws-node", "aws-node", "String should match pattern"),
        ("cpu: 60", "cpu: -60", "greater than or equal to 0"),
        ("cpu: 60", "cpus: 60", "cpus: Extra inputs are not permitted"),
    ],
)
def test_a_row_that_breaks_the_form_is_refused(
    right: str, wrong: str, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "pods.yaml"
    file.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")

    with pytest.raises(UserError, match=sentence):
        load_addon_pods(file)
