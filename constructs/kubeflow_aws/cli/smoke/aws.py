"""What AWS says of a deployment: stacks, cluster, load balancer, alarms. It only reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import boto3

from kubeflow_aws.cli.aws.stacks import deployed_stacks
from kubeflow_aws.cli.checks.check import Check
from kubeflow_aws.database.connection import Application, secret_name
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.database import Database

COMPLETE: Final = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
MUST_BE: Final = ("Cluster", "Platform", "Monitoring")
"""Stacks of every deployment."""


def check_aws(deployment: Deployment, session: boto3.Session) -> Iterator[Check]:
    """Everything that the APIs of AWS can tell.

    Args:
        deployment: What should be there.
        session: Credentials that may read it.
    """
    yield _stacks(deployment, session.client("cloudformation"))
    yield from _cluster(deployment, session.client("eks"))
    if deployment.has_load_balancer:
        yield _targets(deployment, session.client("elbv2"))
    if deployment.database_option is Database.RDS:
        yield _rotation(deployment, session.client("secretsmanager"))
    yield _alarms(deployment, session.client("cloudwatch"))


def _stacks(deployment: Deployment, client: Any) -> Check:
    found = {stack.kind: stack.status for stack in deployed_stacks(deployment, client)}
    wrong = [f"{name} is {status}" for name, status in found.items() if status not in COMPLETE]
    wrong += [f"{name} is not there" for name in MUST_BE if name not in found]
    return Check(
        name="Stacks",
        works=not wrong,
        found=", ".join(wrong) or f"{len(found)} are complete",
    )


def _cluster(deployment: Deployment, client: Any) -> Iterator[Check]:
    name = deployment.cluster_name
    status = client.describe_cluster(name=name)["cluster"]["status"]
    yield Check(name=f"Cluster {name}", works=status == "ACTIVE", found=f"is {status}")
    for group in client.list_nodegroups(clusterName=name)["nodegroups"]:
        described = client.describe_nodegroup(clusterName=name, nodegroupName=group)["nodegroup"]
        issues = [issue["message"] for issue in described.get("health", {}).get("issues", ())]
        yield Check(
            name=f"Nodes {group}",
            works=described["status"] == "ACTIVE" and not issues,
            found=", ".join(issues) or f"are {described['status']}",
        )


def _targets(deployment: Deployment, client: Any) -> Check:
    """The load balancer controller tags what it makes: with the cluster, and for an Ingress.

    A Service of a user has one of its own, which says nothing of the platform.
    """
    arns = [
        balancer["LoadBalancerArn"]
        for page in client.get_paginator("describe_load_balancers").paginate()
        for balancer in page["LoadBalancers"]
    ]
    states: list[str] = []
    for arn in arns:
        [described] = client.describe_tags(ResourceArns=[arn])["TagDescriptions"]
        tags = {tag["Key"]: tag["Value"] for tag in described["Tags"]}
        of_cluster = tags.get("elbv2.k8s.aws/cluster") == deployment.cluster_name
        if of_cluster and "ingress.k8s.aws/stack" in tags:
            states += _states(client, arn)
    healthy = states.count("healthy")
    # A gateway that has just been replaced drains; that is no fault.
    wrong = [state for state in states if state not in {"healthy", "draining"}]
    return Check(
        name="Gateways behind the load balancer",
        works=healthy > 0 and not wrong,
        found=f"{healthy} healthy" + (f", and {', '.join(wrong)}" if wrong else ""),
    )


def _states(client: Any, load_balancer: str) -> Iterator[str]:
    groups = client.describe_target_groups(LoadBalancerArn=load_balancer)["TargetGroups"]
    for group in groups:
        health = client.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        for target in health["TargetHealthDescriptions"]:
            yield target["TargetHealth"]["State"]


def _rotation(deployment: Deployment, client: Any) -> Check:
    """Whether the applications' credentials rotate when they should.

    A version that is pending and not the current one is a rotation that goes on, or one that
    failed: as long as it is there, no other begins (Secrets Manager API Reference, RotateSecret).
    """
    wrong: list[str] = []
    for application in Application:
        secret = client.describe_secret(SecretId=secret_name(deployment.name, application))
        stages = secret.get("VersionIdsToStages", {}).values()
        if any("AWSPENDING" in each and "AWSCURRENT" not in each for each in stages):
            wrong.append(f"a rotation of {secret['Name']} has not ended")
        due = secret.get("NextRotationDate")
        if due and due < datetime.now(UTC):
            wrong.append(f"{secret['Name']} should have been rotated by {due:%Y-%m-%d}")
    return Check(
        name="Rotation of database credentials",
        works=not wrong,
        found=", ".join(wrong) or "none is late",
    )


def _alarms(deployment: Deployment, client: Any) -> Check:
    pages = client.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=f"{deployment.stack_prefix}Monitoring-"
    )
    ringing = [
        alarm["AlarmName"]
        for page in pages
        for alarm in page["MetricAlarms"]
        if alarm["StateValue"] == "ALARM"
    ]
    return Check(
        name="Alarms",
        works=not ringing,
        found=", ".join(ringing) or "none has gone off",
    )
