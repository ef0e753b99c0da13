"""Answers of AWS that moto does not give, and what is wrong among checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse

from kubeflow_aws.cli.checks.check import Check, Severity


def answering(session: boto3.Session, operation: str, answer: Mapping[str, Any]) -> None:
    """Let an operation, such as ``rds.DescribeDBInstances``, answer this."""
    response = AWSResponse("", 200, {}, None)
    session.events.register(f"before-call.{operation}", lambda **_: (response, dict(answer)))


def answering_zone(
    session: boto3.Session, name: str, servers: Iterable[str] = (), *, private: bool = False
) -> None:
    """Let every hosted zone be this one; moto gives zones ids of another form than Route 53."""
    answering(
        session,
        "route53.GetHostedZone",
        {
            "HostedZone": {"Name": f"{name}.", "Config": {"PrivateZone": private}},
            "DelegationSet": {"NameServers": list(servers)},
        },
    )


def denying(session: boto3.Session, operation: str, code: str = "AccessDenied") -> None:
    """Let an operation, or all operations of a service, be refused."""
    response = AWSResponse("", 403, {}, None)
    error = {"Error": {"Code": code, "Message": "You shall not pass"}}

    def refuse(**_: object) -> tuple[AWSResponse, dict[str, Any]]:
        return response, error

    session.events.register(f"before-call.{operation}", refuse)


def troubles(checks: Iterable[Check]) -> dict[str, tuple[Severity, str, str]]:
    """What does not work: by name how bad it is, what was found and what to do."""
    found = {}
    for check in checks:
        if not check.works:
            assert check.fix, f"{check.name} has no fix"
            found[check.name] = check.severity, check.found, check.fix
    return found
