"""Models have addresses that DNS and the certificate know."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.objects.kubernetes_object import key_of
from kubeflow_aws.rendering.model_addresses import configure_model_addresses
from kubeflow_aws.rendering.platform import Platform
from kubeflow_aws.rendering.render import Rendered
from tests.support.kubectl import layer_kubectl

NAMESPACES = (
    "a",
    "b-a",
    "1-a",
    "in-a",
    "b-in-a-1",
    "default",
    "default-a",
    "mallory-a",
    "alice-5",
)
"""Among them are those whose names make one of two, or stand where KServe looks for its own."""

NAMES = ("b", "b-in", "b-in-b", "b-1", "default", "b-mallory", "b-predictor", "b-predictor-default")


def component(platform: Platform, name: str) -> Rendered:
    [found] = [one for one in platform.components if one.component.name == name]
    return found


def config_map(platform: Platform, owner: str, name: str) -> dict[str, Any]:
    [data] = [
        item["data"]
        for item in component(platform, owner).objects
        if item["kind"] == "ConfigMap" and key_of(item).name == name
    ]
    assert isinstance(data, dict)
    return data


def settings(platform: Platform) -> Any:
    return json.loads(config_map(platform, "kserve", "inferenceservice-config")["ingress"])


def hosts(template: str) -> dict[tuple[str, str], str]:
    """The host of each model (namespace and name): Go makes it, KServe takes its own part out.

    Knative executes the template as `kubectl -o go-template` does (`DomainNameFromTemplate` in
    1.22.0). What KServe takes out is `getServiceHost` of 0.18.0 in our words.
    """
    models = list(product(NAMESPACES, NAMES))
    items = [
        {
            "apiVersion": "example.com/v1",
            "kind": "Route",
            "metadata": {"name": str(index)},
            "Name": f"{name}-predictor",
            "Namespace": namespace,
            "Domain": "platform.example.com",
        }
        for index, (namespace, name) in enumerate(models)
    ]
    printed = subprocess.run(
        [layer_kubectl(), "label", "--local", "-f", "-", "a=b", "-o", f"go-template={template}\n"],
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return {
        model: host.replace("-predictor-default" if "-default" in host else "-predictor", "", 1)
        for model, host in zip(models, printed, strict=True)
    }


def shared(found: Mapping[tuple[str, str], str]) -> list[str]:
    """Hosts of models in more than one namespace."""
    owners: dict[str, set[str]] = {}
    for (namespace, _), host in found.items():
        owners.setdefault(host, set()).add(namespace)
    return [host for host, namespaces in owners.items() if len(namespaces) > 1]


def test_models_are_under_the_platforms_domain_by_https(cognito_platform: Platform) -> None:
    found = settings(cognito_platform)

    assert found["ingressDomain"] == "platform.example.com"
    assert found["urlScheme"] == "https"
    # By path they would be under the bare domain, which has neither a record nor a certificate.
    assert "pathTemplate" not in found


def test_without_a_domain_they_are_upstreams(sample_platform: Platform) -> None:
    assert settings(sample_platform)["ingressDomain"] == "example.com"
    assert "example.com" in config_map(sample_platform, "knative", "config-domain")


def test_knative_which_makes_the_hosts_knows_the_domain_alone(cognito_platform: Platform) -> None:
    """Of two it would take the first by the alphabet."""
    domains = config_map(cognito_platform, "knative", "config-domain")

    assert [key for key in domains if key != "_example"] == ["platform.example.com"]


@pytest.mark.parametrize("platform", ["cognito_platform", "sample_platform"])
def test_no_two_profiles_have_a_model_at_one_address(
    platform: str, request: pytest.FixtureRequest
) -> None:
    found: Platform = request.getfixturevalue(platform)
    template = config_map(found, "knative", "config-network")["domain-template"]

    assert shared(hosts(template)) == []


def test_addresses_have_one_label_which_a_wildcard_certificate_has(
    cognito_platform: Platform,
) -> None:
    template = config_map(cognito_platform, "knative", "config-network")["domain-template"]
    found = hosts(template)

    assert found["a", "b"] == "b-in-a-1.platform.example.com"
    assert {host.partition(".")[2] for host in found.values()} == {"platform.example.com"}


@pytest.mark.parametrize(
    "template",
    [
        "{{.Name}}-{{.Namespace}}.{{.Domain}}",
        "{{.Name}}-in-{{.Namespace}}.{{.Domain}}",
        "{{.Name}}-{{.Namespace}}-{{len .Namespace}}.{{.Domain}}",
    ],
)
def test_with_less_in_it_two_profiles_share_an_address(template: str) -> None:
    assert shared(hosts(template))


def test_settings_that_moved_are_told(cognito: Deployment, cognito_platform: Platform) -> None:
    for name, settings_of_it in (
        ("kserve", "inferenceservice-config"),
        ("knative", "config-domain"),
    ):
        found = component(cognito_platform, name)
        without = [item for item in found.objects if item["kind"] != "ConfigMap"]

        with pytest.raises(UserError, match=f"expected one ConfigMap {settings_of_it}"):
            configure_model_addresses(replace(found, objects=without), cognito)
