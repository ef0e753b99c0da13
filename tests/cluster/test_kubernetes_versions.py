"""The table of Kubernetes versions."""

from __future__ import annotations

import pytest
from aws_cdk import aws_eks_v2 as eks

from kubeflow_aws.catalog.kubernetes_versions import (
    DEFAULT_KUBERNETES_VERSION,
    KUBERNETES_VERSIONS,
    KubernetesVersion,
)

ROWS = pytest.mark.parametrize("row", KUBERNETES_VERSIONS.values(), ids=KUBERNETES_VERSIONS.keys())


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
    default = KUBERNETES_VERSIONS[DEFAULT_KUBERNETES_VERSION]
    rows = [row for row in KUBERNETES_VERSIONS.values() if row.runs_kubeflow]

    assert default.minor == "1.35"
    assert default.standard_support_until > min(row.standard_support_until for row in rows)


def test_1_24_is_known_but_runs_no_kubeflow() -> None:
    row = KUBERNETES_VERSIONS["1.24"]

    assert (row.addons, row.has_kuberc, row.runs_kubeflow) == (None, False, False)
