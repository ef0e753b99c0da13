"""A quota of Service Quotas, and whether there is room in it."""

from __future__ import annotations

from dataclasses import dataclass

from kubeflow_aws.cli.aws.clients import Aws
from kubeflow_aws.cli.checks.check import Check, failed, passed, warned


@dataclass(frozen=True, order=True, kw_only=True, slots=True)
class Quota:
    """A quota.

    Attributes:
        name: What it is of.
        service: Code of its service.
        code: Its own code.
    """

    name: str
    service: str
    code: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """What is there of a quota, and what is needed of it.

    Attributes:
        limit: The quota's value.
        used: How much of it others use.
        at_once: How much the deployment itself needs.
        at_most: How much it may come to need.
    """

    limit: int
    used: int
    at_once: int
    at_most: int


def limit_of(quota: Quota, aws: Aws) -> int:
    """The quota's value: the account's own, or AWS's default where it has none.

    Args:
        quota: The quota.
        aws: Credentials that work.
    """
    client = aws.client("service-quotas")
    try:
        answer = client.get_service_quota(ServiceCode=quota.service, QuotaCode=quota.code)
    except client.exceptions.NoSuchResourceException:
        answer = client.get_aws_default_service_quota(
            ServiceCode=quota.service, QuotaCode=quota.code
        )
    return int(answer["Quota"]["Value"])


def check_room(quota: Quota, room: Room, region: str, lower: str = "") -> Check:
    """Whether a quota has room.

    Args:
        quota: The quota.
        room: What is there and what is needed.
        region: Where the quota is kept.
        lower: How the deployment file could need less, if it could.
    """
    free = max(0, room.limit - room.used)
    needed = [f"{room.at_once} needed"] if room.at_once else []
    if room.at_most > room.at_once:
        needed.append(f"up to {room.at_most} with its nodes at their limits")
    found = f"{', '.join(needed)}; {free} free ({room.used} of {room.limit} in use)"
    if room.at_most <= free:
        return passed(quota.name, found)
    fix = (
        f"aws service-quotas request-service-quota-increase --service-code {quota.service} "
        f"--quota-code {quota.code} --desired-value {room.used + room.at_most} --region {region}"
    )
    if lower:
        fix = f"{fix}; or {lower}"
    verdict = failed if room.at_once > free else warned
    return verdict(quota.name, found, fix)
