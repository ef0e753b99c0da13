"""The deployment files that come with the project, and their schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from kubeflow_aws.deployment import Deployment, deployment_path, load_deployment
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.cluster import SystemNodes
from kubeflow_aws.deployment.components import Components
from kubeflow_aws.deployment.model import PRESETS, Preset
from kubeflow_aws.deployment.schema import json_schema
from kubeflow_aws.rendering.component import load_components

FILES = sorted((Path(__file__).parents[2] / "deployments").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_is_valid_for_us_and_for_editors(file: Path) -> None:
    load_deployment(file)

    jsonschema.validate(
        yaml.safe_load(file.read_text("utf-8")), json.loads(json_schema(Deployment))
    )


def test_the_schema_for_editors_is_current(project: Path) -> None:
    written = (project / "docs" / "deployment.schema.json").read_text(encoding="utf-8")

    assert written == json_schema(Deployment), "run ./kubeflow-aws schema"


def test_a_deployment_cannot_be_changed(vanilla: Deployment) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        vanilla.region = "eu-west-1"  # type: ignore[misc]  # that is the point


def test_every_field_is_described() -> None:
    def undescribed(model: type[BaseModel]) -> list[str]:
        found = [
            f"{model.__name__}.{name}"
            for name, field in model.model_fields.items()
            if not field.description
        ]
        return found + [
            each
            for field in model.model_fields.values()
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
            for each in undescribed(field.annotation)
        ]

    assert undescribed(Deployment) == []


def test_a_preset_sets_the_switches_that_are_left_out(vanilla: Deployment) -> None:
    assert vanilla.auth.provider is None
    assert vanilla.auth_provider is AuthProvider.DEX
    assert (vanilla.database_option, vanilla.artifacts_option) == PRESETS[Preset.VANILLA][1:]


@pytest.mark.parametrize(
    ("sizes", "production", "fewest", "at_start"),
    [
        ({}, False, 3, 3),
        ({}, True, 4, 4),
        ({"min_size": 3}, True, 3, 3),
        ({"min_size": 3, "desired_size": 5}, True, 3, 5),
        ({"desired_size": 3}, True, 3, 3),
        ({"desired_size": 6}, True, 4, 6),
        ({"max_size": 3}, True, 3, 3),
        ({"max_size": 2}, False, 2, 2),
    ],
)
def test_production_starts_with_four_nodes_unless_the_file_says_otherwise(
    sizes: dict[str, int], production: bool, fewest: int, at_start: int
) -> None:
    nodes = SystemNodes.model_validate(sizes)

    assert nodes.fewest(production=production) == fewest
    assert nodes.at_start(production=production) == at_start


def test_every_switch_has_its_component(project: Path) -> None:
    components = load_components(project / "manifests" / "components")

    assert {name.replace("_", "-") for name in Components.model_fields} <= components.keys()


def test_a_deployment_is_named_or_given_as_a_file(project: Path) -> None:
    assert deployment_path(project, None) == project / "deployments" / "cognito-rds-s3.yaml"
    assert deployment_path(project, "mine") == project / "deployments" / "mine.yaml"
    assert deployment_path(project, "else/where.yaml") == Path("else/where.yaml")
