"""The pipeline of the example, synthesized once."""

from __future__ import annotations

from pathlib import Path

import pytest

from kubeflow_aws.deployment import load_delivery
from tests.support.assembly import CheckedAssembly, Template, checked_delivery
from tests.support.platforms import sample_of

FILE = "deployments/delivery/pipeline.yaml"


@pytest.fixture(scope="session")
def pipeline(
    project: Path, sample_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> CheckedAssembly:
    """The example's pipeline with both deployments, from the sample, with all checks."""
    delivery, deployments = load_delivery(project / FILE, root=project)
    contents = [(each, sample_of(each, sample_cache)) for each in deployments]
    return checked_delivery(delivery, contents, FILE, tmp_path_factory.mktemp("delivery"))


@pytest.fixture(scope="session")
def delivery_stack(pipeline: CheckedAssembly) -> Template:
    """The template of the Delivery stack."""
    return pipeline.assembly.stack("KubeflowDelivery")
