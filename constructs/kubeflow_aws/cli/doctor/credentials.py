"""Whether the credentials are those of the deployment, and its region is ready for the CDK."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from kubeflow_aws.cli.aws.clients import NO_ANSWER, Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider

LEAST_BOOTSTRAP: Final = 6
"""Version of the bootstrap stack that a cloud assembly of ours asks for, as the CDK's default
synthesizer does (`requiresBootstrapStackVersion` in its manifest.json)."""

BOOTSTRAP_PARAMETER: Final = "/cdk-bootstrap/hnb659fds/version"
"""Where the CDK CLI reads that version, for the CDK's default qualifier."""

CERTIFICATE_REGION: Final = "us-east-1"
"""Cognito takes the certificate of a custom sign-in domain from there alone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Identity:
    """Whose credentials these are.

    Attributes:
        account: The account; empty if AWS does not say.
        check: Whether they are those of the deployment.
    """

    account: str
    check: Check


def identify(deployment: Deployment, aws: Aws) -> Identity:
    """Ask AWS whose the credentials are.

    Args:
        deployment: May name its account.
        aws: The credentials.
    """
    try:
        answer = aws.client("sts", aws.home).get_caller_identity()
    except NO_ANSWER as error:
        return Identity(account="", check=no_credentials(str(error)))
    account, who = answer["Account"], answer["Arn"]
    wanted = deployment.account
    if wanted and account != wanted:
        check = failed(
            "Account",
            f"{who}, but the deployment file names account {wanted}",
            f"use credentials of {wanted} (AWS_PROFILE), or correct `account` in the file",
        )
    else:
        check = passed("Account", who)
    return Identity(account=account, check=check)


def no_credentials(reason: str) -> Check:
    """What is said where there are no credentials that work.

    Args:
        reason: What AWS or its SDK says.
    """
    return failed(
        "Account",
        reason,
        "sign in (aws sso login, or AWS_PROFILE), or mend the network; "
        "`aws sts get-caller-identity` must answer",
    )


def check_region(deployment: Deployment, aws: Aws) -> Check:
    """Whether the region is enabled for the account.

    Args:
        deployment: Names the region.
        aws: Credentials that work.
    """
    return aws.look("Region", partial(_region, deployment.region, aws))


def check_bootstrap(deployment: Deployment, aws: Aws, account: str) -> Iterator[Check]:
    """Whether the CDK has been bootstrapped where stacks will be.

    Args:
        deployment: Names the region.
        aws: Credentials that work.
        account: Their account.
    """
    cognito = deployment.auth_provider is AuthProvider.COGNITO
    regions = [deployment.region]
    if cognito and deployment.auth.cognito.custom_domain:
        regions.append(CERTIFICATE_REGION)
    for region in dict.fromkeys(regions):
        name = f"CDK bootstrap of {region}"
        yield aws.look(name, partial(_bootstrap, name, aws, f"aws://{account}/{region}", region))


def _region(region: str, aws: Aws) -> Check:
    # Asked elsewhere: a region that is not enabled answers nobody.
    client = aws.client("ec2", aws.home)
    filters = [{"Name": "region-name", "Values": [region]}]
    regions = client.describe_regions(AllRegions=True, Filters=filters)["Regions"]
    states = {each["RegionName"]: each["OptInStatus"] for each in regions}
    match states.get(region):
        case None:
            return failed("Region", f"AWS has no region {region}", "correct `region` in the file")
        case "not-opted-in":
            return failed(
                "Region",
                f"{region} is not enabled for this account",
                f"aws account enable-region --region-name {region} (takes minutes to hours)",
            )
        case _:
            return passed("Region", f"{region} is enabled")


def _bootstrap(name: str, aws: Aws, environment: str, region: str) -> Check:
    client, fix = aws.client("ssm", region), f"cdk bootstrap {environment}"
    try:
        found = client.get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
    except client.exceptions.ParameterNotFound:
        return failed(name, f"there is no bootstrap stack in {region}", fix)
    if int(found) < LEAST_BOOTSTRAP:
        return failed(name, f"version {found}; the CDK needs {LEAST_BOOTSTRAP} or newer", fix)
    return passed(name, f"version {found}")
