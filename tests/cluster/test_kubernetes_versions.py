"""The table of Kubernetes versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import aws_eks_v2 as eks

from kubeflow_aws.catalog.kubernetes_versions import (
    DEFAULT_KUBERNETES_VERSION,
    FILE,
    KubernetesVersion,
    kubernetes_versions,
    load_kubernetes_versions,
)
from kubeflow_aws.files.errors import UserError

ROWS = pytest.mark.parametrize(
    "row", kubernetes_versions().values(), ids=kubernetes_versions().keys()
)


@ROWS
def test_the_layer_fits_the_version(row: KubernetesVersion) -> None:
    assert row.kubectl_layer == f"lambda_layer_kubectl_v{row.minor.removeprefix('1.')}"


@ROWS
def test_kube_proxy_has_the_minor_of_the_cluster(row: KubernetesVersion) -> None:
    assert row.addons is None or row.addons.kube_proxy.startswith(f"v{row.minor}.")


@ROWS
def test_cdk_knows_the_version(row: KubernetesVersion) -> None:
    assert eks.KubernetesVersion.of(row.minor).version == row.minor


def test_the_default_runs_kubeflow_and_is_not_about_to_leave_support() -> None:
    default = kubernetes_versions()[DEFAULT_KUBERNETES_VERSION]
    rows = [row for row in kubernetes_versions().values() if row.runs_kubeflow]

    assert default.minor == "1.35"
    assert default.standard_support_until > min(row.standard_support_until for row in rows)


def test_1_24_is_known_but_runs_no_kubeflow() -> None:
    row = kubernetes_versions()["1.24"]

    assert (row.addons, row.has_kuberc, row.runs_kubeflow) == (None, False, False)


def test_every_row_has_a_minor_of_its_own() -> None:
    assert len(kubernetes_versions()) == len(load_kubernetes_versions().versions)


@ROWS
def test_extended_support_follows_standard_support(row: KubernetesVersion) -> None:
    assert row.standard_support_until < row.extended_support_until


@pytest.mark.parametrize(
    ("right", "wrong", "sentence"),
    [
        ("      vpc_cni: ", "      vpc_cmi: ", "addons.vpc_cmi: Unexpected keyword argument"),
        ("    has_kuberc: ", "    has_kube: ", "has_kube: Unexpected keyword argument"),
        ("read_on: ", "red_on: ", "red_on: Extra inputs are not permitted"),
    ],
)
def test_a_field_that_the_table_does_not_have_is_refused(
    right: str, wrong: str, sentence: str, tmp_path: Path
) -> None:
    file = tmp_path / "versions.yaml"
    file.write_text(FILE.read_text(encoding="utf-8").replace(right, wrong), encoding="utf-8")

    with pytest.raises(UserError, match=sentence):
        load_kubernetes_versions(file)
