"""Policies of admission are applied where Kubernetes has them."""

from __future__ import annotations

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.rendering.admission_policies import with_admission_policies
from kubeflow_aws.rendering.platform import Platform

KIND = "ValidatingAdmissionPolicy"


def kinds(platform: Platform, version: str) -> set[str]:
    return {
        str(item["kind"])
        for one in platform.components
        for item in with_admission_policies(one, kubernetes_versions()[version]).objects
    }


def test_a_version_that_has_policies_gets_them(sample_platform: Platform) -> None:
    assert {KIND, f"{KIND}Binding"} <= kinds(sample_platform, "1.35")


def test_a_version_without_gets_everything_else(sample_platform: Platform) -> None:
    all_kinds = kinds(sample_platform, "1.35")

    assert kinds(sample_platform, "1.24") == all_kinds - {KIND, f"{KIND}Binding"}
