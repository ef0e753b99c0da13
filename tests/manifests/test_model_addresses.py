"""Models have addresses that DNS and the certificate know."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.model_addresses import configure_model_addresses
from kubeflow_aws.manifests.platform import Platform
from kubeflow_aws.manifests.render import Rendered


def kserve(platform: Platform) -> Rendered:
    [found] = [one for one in platform.components if one.component.name == "kserve"]
    return found


def settings(platform: Platform) -> Any:
    [data] = [item["data"] for item in kserve(platform).objects if item["kind"] == "ConfigMap"]
    assert isinstance(data, dict)
    return json.loads(str(data["ingress"]))


def test_models_are_under_the_platforms_domain_by_https(cognito_platform: Platform) -> None:
    found = settings(cognito_platform)

    assert found["ingressDomain"] == "platform.example.com"
    assert found["urlScheme"] == "https"
    # By path they would be under the bare domain, which has neither a record nor a certificate.
    assert "pathTemplate" not in found


def test_without_a_domain_they_are_upstreams(sample_platform: Platform) -> None:
    assert settings(sample_platform)["ingressDomain"] == "example.com"


def test_settings_that_moved_are_told(cognito: Deployment, cognito_platform: Platform) -> None:
    found = kserve(cognito_platform)
    without = [item for item in found.objects if item["kind"] != "ConfigMap"]

    with pytest.raises(UserError, match="expected one ConfigMap inferenceservice-config"):
        configure_model_addresses(replace(found, objects=without), cognito)
