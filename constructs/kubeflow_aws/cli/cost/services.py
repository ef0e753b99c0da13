"""Prices of logs, alarms, sign-in and builds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from kubeflow_aws.cli.cost.charges import (
    Charge,
    Line,
    Pricer,
    Resource,
    Terms,
    Uncounted,
    priced_by_type,
)

DAYS: Final = 30
"""Of a month, for what is kept."""


def _log_group(group: Resource, terms: Terms) -> Iterator[Charge]:
    gigabytes, kind = _logs(group, terms)
    rates, assume = terms.prices.rates, terms.assume
    yield Line(what=f"logs: {kind}", quantity=gigabytes, price=rates.log_ingestion, assumed=True)
    months = group.properties.get("RetentionInDays", DAYS) / DAYS
    yield Line(
        what="logs that are kept",
        quantity=gigabytes * months * assume.logs_kept_fraction,
        price=rates.log_storage,
        assumed=True,
    )


def _logs(group: Resource, terms: Terms) -> tuple[float, str]:
    """GB a month of a log group, and what is in it."""
    name, assume = str(group.properties["LogGroupName"]), terms.assume
    if name.startswith("/aws/eks/"):
        return assume.control_plane_logs_gb, "control plane"
    if name.startswith("/aws/containerinsights/"):
        match name.rpartition("/")[2]:
            case "application":
                return assume.container_logs_gb, "containers"
            case "performance":
                return assume.performance_logs_gb, "Container Insights"
    if "FlowLogs" in name:
        return assume.flow_logs_gb, "VPC flow logs"
    return assume.other_logs_gb, "others"


def _alarm(alarm: Resource, terms: Terms) -> Iterator[Charge]:
    """An alarm on a query costs as many alarms as the query reads metrics."""
    rates = terms.prices.rates
    queries = [each for each in alarm.properties.get("Metrics", ()) if _is_query(each)]
    if queries:
        yield Line(
            what="alarms on queries, metrics that they read",
            quantity=len(queries) * terms.assume.metrics_per_query_alarm,
            price=rates.query_alarm_metric,
            assumed=True,
        )
    else:
        yield Line(what="alarms", quantity=1, price=rates.alarm)


def _is_query(metric: Mapping[str, object]) -> bool:
    return str(metric.get("Expression", "")).upper().startswith("SELECT")


def _user_pool(pool: Resource, terms: Terms) -> Iterator[Charge]:
    tier = pool.properties.get("UserPoolTier", "ESSENTIALS")
    if tier != "ESSENTIALS":
        why = "constructs/kubeflow_aws/cli/cost/prices.yaml has only the price of ESSENTIALS"
        yield Uncounted(what=f"Cognito users of the plan {tier}", why=why)
        return
    price = terms.prices.rates.active_user
    yield Line(
        what=f"Cognito: people who sign in ({price.free:,.0f} are free)",
        quantity=terms.assume.users,
        price=price,
        assumed=True,
    )


def _client(client: Resource, terms: Terms) -> Iterator[Charge]:
    """Only machines pay for tokens."""
    if "client_credentials" in client.properties.get("AllowedOAuthFlows", ()):
        yield Line(
            what="Cognito: tokens of machine clients",
            quantity=terms.assume.machine_tokens,
            price=terms.prices.rates.machine_token,
            assumed=True,
        )


def _build(project: Resource, terms: Terms) -> Iterator[Charge]:
    kind = project.properties["Environment"]["ComputeType"]
    yield priced_by_type(
        f"CodeBuild {kind}",
        terms.prices.codebuild.find(kind, per="minute"),
        terms.assume.pipeline_runs * terms.assume.build_minutes,
        assumed=True,
    )


SERVICES: Final[Mapping[str, Pricer]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CodeBuild::Project": _build,
    "AWS::Cognito::UserPool": _user_pool,
    "AWS::Cognito::UserPoolClient": _client,
    "AWS::Logs::LogGroup": _log_group,
}
