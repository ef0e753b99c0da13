"""The mesh is told to serve no Ingress of anybody."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.mesh_settings import configure_mesh
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered


def istio(platform: Platform) -> Rendered:
    [found] = [one for one in platform.components if one.component.name == "istio"]
    return found


def mesh(rendered: Rendered) -> str:
    [data] = [
        item["data"]
        for item in rendered.objects
        if item["kind"] == "ConfigMap" and metadata(item)["name"] == "istio"
    ]
    assert isinstance(data, dict)
    return str(data["mesh"])


def test_istiod_is_told_to_serve_no_ingresses(
    sample_platform: Platform, cognito_platform: Platform
) -> None:
    for platform in (sample_platform, cognito_platform):
        settings: dict[str, Any] = yaml.safe_load(mesh(istio(platform)))

        # Not the boolean that YAML's bare OFF is.
        assert settings["ingressControllerMode"] == "OFF"


def test_what_upstream_sets_stays(sample_platform: Platform) -> None:
    rendered = istio(sample_platform)
    settings: dict[str, Any] = yaml.safe_load(mesh(rendered))

    assert settings["rootNamespace"] == "istio-system"
    assert mesh(configure_mesh(rendered)) == mesh(rendered)


@pytest.mark.upstream
def test_the_real_mesh_keeps_its_settings(upstream_platform: Platform) -> None:
    settings: dict[str, Any] = yaml.safe_load(mesh(istio(upstream_platform)))

    assert settings["ingressControllerMode"] == "OFF"
    assert {"rootNamespace", "trustDomain", "defaultConfig"} <= settings.keys()


def test_settings_that_moved_are_told(sample_platform: Platform) -> None:
    found = istio(sample_platform)
    without = [item for item in found.objects if item["kind"] != "ConfigMap"]

    with pytest.raises(UserError, match="expected one ConfigMap istio with mesh"):
        configure_mesh(replace(found, objects=without))
