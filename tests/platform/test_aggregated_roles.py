"""A deployment leaves the rules of aggregated roles to Kubernetes' own controller."""

from __future__ import annotations

from typing import Any

import pytest

from kubeflow_aws.rendering.platform import Platform
from tests.platform.governed import EDIT_ROLE
from tests.support.kubernetes import Cluster, manifest

pytestmark = pytest.mark.platform


def test_a_deployment_leaves_gathered_rules_to_their_controller(
    governed: Cluster, upstream_platform: Platform
) -> None:
    roles = [
        dict[str, Any](each) for each in upstream_platform.objects if "aggregationRule" in each
    ]
    before = governed.get(EDIT_ROLE)["rules"]
    apply = ("apply", "--server-side", "--field-manager=one", "-f", "-")

    governed.kubectl(*apply, stdin=manifest(*roles))
    stating = [{**each, "rules": []} for each in roles]

    assert len(roles) > 10
    assert governed.get(EDIT_ROLE)["rules"] == before
    assert "conflict" in governed.refusal(*apply, stdin=manifest(*stating))
