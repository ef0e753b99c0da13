"""The platform of a deployment: real sources, unless somebody allows the sample."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.options import RenderOptions
from kubeflow_aws.rendering.platform import Platform, fill_components, render_platform
from kubeflow_aws.upstream.sources import Origin
from tests.support.deployments import variation


def test_no_deployment_gets_the_sample_by_accident(
    vanilla: Deployment, project: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"upstream\.offline forbids the network"):
        render_platform(
            variation(vanilla, {"upstream": {"offline": True}}),
            RenderOptions(manifests=project / "manifests", cache=tmp_path),
        )


def test_the_mirror_of_the_file_is_relative_to_the_project(
    vanilla: Deployment, project: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"/no-such-mirror: the mirror .* is no folder"):
        render_platform(
            variation(vanilla, {"upstream": {"mirror": "no-such-mirror"}}),
            RenderOptions(manifests=project / "manifests", cache=tmp_path),
        )


def test_the_sample_says_what_it_is(sample_platform: Platform) -> None:
    assert sample_platform.origin is Origin.SAMPLE
    assert "do not deploy it" in sample_platform.origin.description


def test_the_overlays_use_placeholders_that_need_values(sample_platform: Platform) -> None:
    with pytest.raises(UserError, match="gives it no value"):
        fill_components(sample_platform.components, {})
