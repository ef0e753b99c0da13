"""Regions that lack something that a deployment needs."""

from __future__ import annotations

import re
from pathlib import Path

import boto3
import pytest

from kubeflow_aws.catalog.regions import regions
from kubeflow_aws.deployment import load_deployment
from tests.support.refusals import DEX_USERS, assert_refused

DOMAIN = """
domain:
  name: platform.example.com
  hosted_zone: {id: Z0123456789EXAMPLE, name: example.com}
"""
COGNITO = "preset: cognito\nauth: {users: [{email: alice@example.com}]}\n" + DOMAIN
DEX = "preset: vanilla\n" + DEX_USERS + DOMAIN + "ingress: {enabled: true}\n"
WITHOUT_COGNITO = (
    "ap-east-2",
    "ap-southeast-5",
    "ap-southeast-6",
    "ap-southeast-7",
    "mx-central-1",
    "us-gov-east-1",
    "us-gov-west-1",
)


def known_to_the_sdk(service: str = "elbv2") -> set[str]:
    """Where botocore knows endpoints of a service, China and the regions of nobody else apart."""
    session = boto3.session.Session()
    return {
        region
        for partition in ("aws", "aws-us-gov")
        for region in session.get_available_regions(service, partition_name=partition)
        if "fips" not in region
    }


def test_the_zone_of_every_region_is_known() -> None:
    """Fails with a version of the SDK that knows a new region: look its zone up."""
    assert set(regions().load_balancer_zones) == known_to_the_sdk()


def test_zones_are_different_and_look_like_zones() -> None:
    zones = regions().load_balancer_zones

    assert len(set(zones.values())) == len(zones)
    assert all(re.fullmatch(r"Z[A-Z0-9]{12,20}", zone) for zone in zones.values())


def test_the_regions_without_cognito_at_load_balancers_are_those_that_the_page_leaves_out() -> None:
    """Fails when the lists or the SDK change: look at the page again."""
    with_cognito = regions().cognito_at_load_balancers

    assert known_to_the_sdk() - with_cognito == set(WITHOUT_COGNITO)
    assert with_cognito <= known_to_the_sdk("cognito-idp")


@pytest.mark.parametrize("region", WITHOUT_COGNITO)
def test_cognito_is_refused_where_load_balancers_do_not_know_it(
    region: str, tmp_path: Path
) -> None:
    assert_refused(
        f"region: {region}\n{COGNITO}",
        f"region {region} is not among those whose load balancers sign users in with Cognito; "
        "take another, set auth.provider: dex, or, if AWS has brought it there since",
        tmp_path,
    )


@pytest.mark.parametrize("region", WITHOUT_COGNITO)
def test_dex_behind_a_load_balancer_works_there(region: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"region: {region}\n{DEX}", encoding="utf-8")

    assert load_deployment(file).has_load_balancer


@pytest.mark.parametrize("region", ["us-east-1", "ca-west-1", "il-central-1"])
def test_cognito_works_where_the_page_names_the_region(region: str, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"region: {region}\n{COGNITO}", encoding="utf-8")

    assert load_deployment(file).region == region
