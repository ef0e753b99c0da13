"""The platform's zone and the certificate of its names."""

from __future__ import annotations

from typing import Any

import pytest

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.objects.kubernetes_object import JsonValue
from kubeflow_aws.rendering.platform import Platform
from tests.support.assembly import Assembly, Template, resources, synthesize
from tests.support.deployments import NEW_ZONE, variation


def domain_stack(
    domain: JsonValue,
    cognito: Deployment,
    platform: Platform,
    tmp_path_factory: pytest.TempPathFactory,
) -> Template:
    deployment = variation(cognito, {"domain": domain})
    return synthesize(deployment, platform, tmp_path_factory.mktemp("domain")).stack("Domain")


def certificate(template: Template) -> dict[str, Any]:
    [resource] = resources(template, "AWS::CertificateManager::Certificate").values()
    found: dict[str, Any] = resource["Properties"]
    return found


def test_in_an_existing_zone_only_the_certificate_is_made(cognito_assembly: Assembly) -> None:
    template = cognito_assembly.stack("Domain")

    assert resources(template, "AWS::Route53::HostedZone") == {}
    assert certificate(template)["DomainName"] == "*.platform.example.com"
    assert certificate(template)["ValidationMethod"] == "DNS"
    [option] = certificate(template)["DomainValidationOptions"]
    assert option["HostedZoneId"] == "Z0123456789EXAMPLE"


def test_a_new_zone_is_delegated_by_its_parent(
    cognito: Deployment, cognito_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = domain_stack(NEW_ZONE, cognito, cognito_platform, tmp_path_factory)

    [(zone_id, zone)] = resources(template, "AWS::Route53::HostedZone").items()
    [record] = resources(template, "AWS::Route53::RecordSet").values()
    assert zone["Properties"]["Name"] == "platform.example.com."
    # Records that validated certificates stay in it, and a zone with records cannot be deleted.
    assert zone["DeletionPolicy"] == "Retain"
    assert record["Properties"]["HostedZoneId"] == "Z0123456789EXAMPLE"
    assert record["Properties"]["Type"] == "NS"
    assert record["Properties"]["ResourceRecords"] == {"Fn::GetAtt": [zone_id, "NameServers"]}
    [option] = certificate(template)["DomainValidationOptions"]
    assert option["HostedZoneId"] == {"Ref": zone_id}


def test_without_a_parent_the_name_servers_are_told(
    cognito: Deployment, cognito_platform: Platform, tmp_path_factory: pytest.TempPathFactory
) -> None:
    domain: JsonValue = {"name": "platform.example.com"}
    template = domain_stack(domain, cognito, cognito_platform, tmp_path_factory)

    assert resources(template, "AWS::Route53::RecordSet") == {}
    assert [name for name in template["Outputs"] if "NameServers" in name]
