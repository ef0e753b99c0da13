"""The notebook form offers what the deployment has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import JsonValue, key_of
from kubeflow_aws.rendering.notebook_form import FILE, configure_notebook_form
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly
from tests.support.deployments import variation
from tests.support.platforms import sample_of


def form_of(platform: Platform) -> Any:
    [data] = [
        item["data"]
        for one in platform.components
        if one.component.name == "notebooks"
        for item in one.objects
        if item["kind"] == "ConfigMap" and FILE in str(item.get("data"))
    ]
    assert isinstance(data, dict)
    return yaml.safe_load(str(data[FILE]))["spawnerFormDefaults"]


@pytest.fixture(scope="session")
def form(data_plane_platform: Platform) -> Any:
    return form_of(data_plane_platform)


def test_images_of_the_file_take_the_place_of_upstreams(form: Any) -> None:
    image = "111122223333.dkr.ecr.us-west-2.amazonaws.com/notebooks:v1"

    assert form["image"] == {"value": image, "options": [image]}
    assert form["imageGroupOne"]["options"] == ["registry.example/code:v1"]


def test_devices_are_those_of_the_pools(form: Any, sample_platform: Platform) -> None:
    def keys(found: Any) -> list[str]:
        return [each["limitsKey"] for each in found["gpus"]["value"]["vendors"]]

    assert keys(form) == ["nvidia.com/gpu", "aws.amazon.com/neuron"]
    assert keys(form_of(sample_platform)) == ["nvidia.com/gpu"]


def test_shared_volumes_are_there_from_the_start(form: Any, sample_platform: Platform) -> None:
    volumes = {
        each["existingSource"]["persistentVolumeClaim"]["claimName"]: each["mount"]
        for each in form["dataVolumes"]["value"]
    }

    assert volumes == {"shared": "/home/jovyan/shared", "fast": "/home/jovyan/fast"}
    assert form_of(sample_platform)["dataVolumes"]["value"] == []


def test_what_is_ticked_exists(
    form: Any, data_plane_assembly: Assembly, sample_platform: Platform
) -> None:
    offered = {
        key_of(item).name for item in data_plane_assembly.objects() if item["kind"] == "PodDefault"
    }

    assert set(form["configurations"]["value"]) == offered
    assert offered == {"access-ml-pipeline", "aws-credentials"}
    assert form_of(sample_platform)["configurations"]["value"] == ["access-ml-pipeline"]


def test_credentials_are_a_role_and_a_folder_and_no_key(data_plane_assembly: Assembly) -> None:
    specs: list[Any] = [
        item["spec"]
        for item in data_plane_assembly.objects()
        if item["kind"] == "PodDefault" and "aws-credentials" in str(item["metadata"])
    ]
    folders = set()
    for spec in specs:
        environment = {each["name"]: each["value"] for each in spec["env"]}
        folders.add(environment["ARTIFACTS_FOLDER"])
        assert spec["serviceAccountName"] == "default-editor"
        assert environment.keys() == {"AWS_DEFAULT_REGION", "ARTIFACTS_BUCKET", "ARTIFACTS_FOLDER"}

    assert folders == {"private-artifacts/alice", "teams/bob"}


def test_custom_images_can_be_forbidden(vanilla: Deployment, sample_cache: Path) -> None:
    changes: dict[str, JsonValue] = {"notebooks": {"custom_images": False}}

    assert (
        form_of(sample_of(variation(vanilla, changes), sample_cache))["allowCustomImage"] is False
    )


def culling(assembly: Assembly) -> dict[str, str | None]:
    """The environment of the controller, which starts anew when a value changes."""
    [deployment] = [
        item["spec"]
        for item in assembly.objects()
        if item["kind"] == "Deployment" and "notebook-controller" in str(item["metadata"])
    ]
    spec: Any = deployment
    [container] = spec["template"]["spec"]["containers"]
    return {each["name"]: each.get("value") for each in container["env"]}


def test_nothing_is_culled_unless_the_file_asks_for_it(sample_assembly: Assembly) -> None:
    assert culling(sample_assembly)["ENABLE_CULLING"] == "false"


@pytest.mark.parametrize(
    ("settings", "is_on"),
    [
        ({}, False),
        ({"culling": {}}, False),
        ({"culling": {"enabled": None}}, False),
        ({"culling": {"idle_minutes": 60}}, True),
        ({"culling": {"check_minutes": 1}}, True),
        ({"culling": {"enabled": True}}, True),
        ({"culling": {"enabled": False, "idle_minutes": 60}}, False),
    ],
)
def test_minutes_or_the_switch_ask_for_culling(
    settings: dict[str, JsonValue], is_on: bool, vanilla: Deployment
) -> None:
    deployment = variation(vanilla, {"notebooks": settings})

    assert deployment.notebooks.culling.is_on is is_on


def test_culling_has_the_times_of_the_file(data_plane_assembly: Assembly) -> None:
    environment = culling(data_plane_assembly)

    assert environment["ENABLE_CULLING"] == "true"
    assert environment["CULL_IDLE_TIME"] == "240"
    assert environment["IDLENESS_CHECK_PERIOD"] == "5"


def test_a_form_that_moved_is_told(vanilla: Deployment, sample_platform: Platform) -> None:
    [notebooks] = [one for one in sample_platform.components if one.component.name == "notebooks"]
    without = [item for item in notebooks.objects if item["kind"] != "ConfigMap"]

    with pytest.raises(UserError, match="expected one ConfigMap jupyter-web-app-config"):
        configure_notebook_form(replace(notebooks, objects=without), vanilla)
