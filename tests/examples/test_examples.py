"""The examples are what the cluster would take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubeflow_aws.catalog.kubernetes_versions import DEFAULT_KUBERNETES_VERSION
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.storage import FAST_CLAIM, SHARED_CLAIM
from kubeflow_aws.objects.kubernetes_object import KubernetesObject, key_of
from tests.support.assembly import Assembly
from tests.support.platforms import best_of
from tests.support.schemas import Schemas

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FILES = sorted(file for file in EXAMPLES.rglob("*.yaml") if file.name != "kustomization.yaml")


def objects_of(file: Path) -> list[KubernetesObject]:
    return [item for item in yaml.safe_load_all(file.read_text("utf-8")) if item]


@pytest.fixture(scope="session")
def schemas(data_plane: Deployment) -> Schemas:
    """Of Kubernetes, and of the CRDs of the real upstream sources."""
    return Schemas(best_of(data_plane).objects, DEFAULT_KUBERNETES_VERSION)


@pytest.mark.upstream
@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(EXAMPLES)))
def test_every_example_is_valid_by_its_schema(file: Path, schemas: Schemas) -> None:
    assert [error for item in objects_of(file) if (error := schemas.error(item))] == []


@pytest.mark.upstream
def test_a_wrong_example_would_be_found(schemas: Schemas) -> None:
    [job] = objects_of(EXAMPLES / "training" / "train-job.yaml")

    assert "numNodez" in str(schemas.error({**job, "spec": {"trainer": {"numNodez": 2}}}))


def test_examples_use_what_a_deployment_has(data_plane_assembly: Assembly) -> None:
    classes = {
        key_of(item).name
        for item in data_plane_assembly.objects()
        if item["kind"] == "StorageClass"
    }
    found: list[Any] = [item for file in FILES for item in objects_of(file)]
    text = yaml.safe_dump(found)

    assert {
        item["spec"]["storageClassName"]
        for item in found
        if item["kind"] == "PersistentVolumeClaim"
    } <= classes | {""}
    made = {item["metadata"]["name"] for item in found if item["kind"] == "PersistentVolumeClaim"}
    assert set(re.findall(r"claimName: (\S+)", text)) <= made | {SHARED_CLAIM, FAST_CLAIM}


def test_no_example_holds_a_key(project: Path) -> None:
    for file in (project / "examples").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert not re.search(r"AKIA|aws_secret|SECRET_ACCESS", file.read_text("utf-8")), file
