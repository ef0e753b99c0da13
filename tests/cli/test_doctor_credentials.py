"""What the doctor says of credentials, the region and its bootstrap stack."""

from __future__ import annotations

import json

import boto3
import pytest

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Severity
from kubeflow_aws.cli.doctor.credentials import (
    BOOTSTRAP_PARAMETER,
    LEAST_BOOTSTRAP,
    check_bootstrap,
    check_region,
    identify,
)
from kubeflow_aws.deployment import Deployment
from tests.cli.doctor_answers import denying, troubles
from tests.support.assembly import Assembly
from tests.support.deployments import variation

ACCOUNT = "123456789012"


def bootstrap(session: boto3.Session, region: str, version: int = LEAST_BOOTSTRAP) -> None:
    session.client("ssm", region_name=region).put_parameter(
        Name=BOOTSTRAP_PARAMETER, Value=str(version), Type="String"
    )


@pytest.mark.parametrize("account", [None, ACCOUNT])
def test_credentials_of_the_account_pass(
    account: str | None, aws: Aws, vanilla: Deployment
) -> None:
    identity = identify(variation(vanilla, {"account": account}), aws)

    assert identity.account == ACCOUNT
    assert identity.check.works


def test_credentials_of_another_account_are_a_failure(aws: Aws, vanilla: Deployment) -> None:
    check = identify(variation(vanilla, {"account": "210987654321"}), aws).check

    [(severity, found, fix)] = troubles([check]).values()
    assert severity is Severity.FAILURE
    assert "names account 210987654321" in found
    assert "AWS_PROFILE" in fix


def test_credentials_that_have_expired_are_a_failure(
    session: boto3.Session, aws: Aws, vanilla: Deployment
) -> None:
    denying(session, "sts", code="ExpiredToken")

    identity = identify(vanilla, aws)

    assert identity.account == ""
    assert troubles([identity.check])["Account"][0] is Severity.FAILURE


def test_a_region_that_is_ready_passes(
    session: boto3.Session, aws: Aws, vanilla: Deployment
) -> None:
    bootstrap(session, "us-west-2", 33)

    assert check_region(vanilla, aws).works
    assert troubles(check_bootstrap(vanilla, aws, ACCOUNT)) == {}


@pytest.mark.parametrize(
    ("region", "found"),
    [
        ("ap-east-1", "is not enabled for this account"),
        ("us-west-9", "AWS has no region"),
        ("xx-nowhere-1", "AWS has no region"),
    ],
)
def test_a_region_that_the_account_does_not_have_is_a_failure(
    region: str, found: str, session: boto3.Session, vanilla: Deployment
) -> None:
    elsewhere = variation(vanilla, {"region": region})

    trouble = troubles([check_region(elsewhere, Aws(session, region))])["Region"]

    assert trouble[0] is Severity.FAILURE
    assert found in trouble[1]


def test_a_region_without_bootstrap_is_a_failure(aws: Aws, vanilla: Deployment) -> None:
    found = troubles(check_bootstrap(vanilla, aws, ACCOUNT))

    assert found["CDK bootstrap of us-west-2"][0] is Severity.FAILURE
    assert found["CDK bootstrap of us-west-2"][2] == f"cdk bootstrap aws://{ACCOUNT}/us-west-2"


def test_an_old_bootstrap_is_a_failure(
    session: boto3.Session, aws: Aws, vanilla: Deployment
) -> None:
    bootstrap(session, "us-west-2", LEAST_BOOTSTRAP - 1)

    found = troubles(check_bootstrap(vanilla, aws, ACCOUNT))

    assert found["CDK bootstrap of us-west-2"][0] is Severity.FAILURE


def test_a_custom_sign_in_domain_needs_bootstrap_in_two_regions(
    session: boto3.Session, aws: Aws, cognito: Deployment
) -> None:
    bootstrap(session, "us-west-2")
    custom = variation(
        cognito,
        {
            "auth": {
                "users": [{"email": "alice@example.com"}],
                "cognito": {"custom_domain": True},
            },
            "profiles": [],
        },
    )

    assert list(troubles(check_bootstrap(custom, aws, ACCOUNT))) == ["CDK bootstrap of us-east-1"]


def test_the_least_bootstrap_is_what_our_stacks_ask_for(sample_assembly: Assembly) -> None:
    manifest = json.loads((sample_assembly.folder / "manifest.json").read_text(encoding="utf-8"))
    asked = {
        artifact["properties"]["requiresBootstrapStackVersion"]
        for artifact in manifest["artifacts"].values()
        if artifact["type"] == "aws:cloudformation:stack"
    }

    assert asked == {LEAST_BOOTSTRAP}
