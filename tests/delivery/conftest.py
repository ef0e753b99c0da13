"""The Delivery stack of the example."""

from __future__ import annotations

import pytest

from tests.support.assembly import CheckedAssembly, Template


@pytest.fixture(scope="session")
def delivery_stack(pipeline: CheckedAssembly) -> Template:
    """The template of the Delivery stack."""
    return pipeline.assembly.stack("KubeflowDelivery")
