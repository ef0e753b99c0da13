"""One page that says how the platform is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kubeflow_aws.cluster.observability import log_group_name
from kubeflow_aws.monitoring.cluster_alarms import ClusterAlarms
from kubeflow_aws.monitoring.front_door_alarms import all_load_balancers

WIDTH: Final = 24
"""Columns of a dashboard."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformDashboardProps:
    """Inputs of `PlatformDashboard`.

    Attributes:
        name: What it is called; all regions of an account share its names.
        cluster_name: The cluster's name in EKS.
        alarms: All alarms, whose states stand at the top.
        cluster: Metrics of nodes and pods, if there are any.
        has_load_balancer: Whether a load balancer serves the platform.
        database: Name of the database instance, if there is one.
    """

    name: str
    cluster_name: str
    alarms: Sequence[cloudwatch.Alarm]
    cluster: ClusterAlarms | None
    has_load_balancer: bool
    database: str | None


class PlatformDashboard(Construct):
    """A dashboard: alarms first, then who comes in, what runs, and where data is kept."""

    def __init__(
        self, scope: Construct, construct_id: str, *, props: PlatformDashboardProps
    ) -> None:
        super().__init__(scope, construct_id)
        rows: list[list[cloudwatch.IWidget]] = [
            [
                cloudwatch.AlarmStatusWidget(
                    title="Alarms", alarms=list(props.alarms), width=WIDTH, height=5
                )
            ]
        ]
        if props.has_load_balancer:
            rows.append(_front_door())
        if props.cluster:
            rows.append(_cluster(props.cluster))
            rows.append([_platform_logs(props.cluster_name)])
        if props.database:
            rows.append(_database(props.database))
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=props.name,
            default_interval=cdk.Duration.hours(12),
            widgets=rows,
        )


def _front_door() -> list[cloudwatch.IWidget]:
    return [
        _graph("Requests", [all_load_balancers("RequestCount")], columns=2),
        _graph(
            "Errors",
            [
                all_load_balancers("HTTPCode_ELB_5XX_Count"),
                all_load_balancers("HTTPCode_Target_5XX_Count"),
            ],
            columns=2,
        ),
    ]


def _cluster(cluster: ClusterAlarms) -> list[cloudwatch.IWidget]:
    return [
        _graph("Nodes", [cluster.metric("cluster_node_count")]),
        _graph(
            "Busiest node, %",
            [
                cluster.metric("node_cpu_utilization"),
                cluster.metric("node_memory_utilization"),
                cluster.metric("node_filesystem_utilization"),
            ],
        ),
        _graph("Pods that failed", [cluster.metric("pod_status_failed")]),
    ]


def _platform_logs(name: str) -> cloudwatch.IWidget:
    return cloudwatch.LogQueryWidget(
        title="Latest errors of the platform",
        log_group_names=[log_group_name(name, "application")],
        query_lines=[
            "fields @timestamp, kubernetes.namespace_name, kubernetes.pod_name, log",
            "filter kubernetes.namespace_name in ['kubeflow', 'istio-system', 'kube-system']",
            "filter log like /(?i)error/",
            "sort @timestamp desc",
            "limit 50",
        ],
        width=WIDTH,
        height=8,
    )


def _database(instance: str) -> list[cloudwatch.IWidget]:
    names = ("CPUUtilization", "DatabaseConnections", "FreeStorageSpace")
    return [
        _graph(
            f"Database: {name}",
            [
                cloudwatch.Metric(
                    namespace="AWS/RDS",
                    metric_name=name,
                    dimensions_map={"DBInstanceIdentifier": instance},
                    period=cdk.Duration.minutes(5),
                )
            ],
        )
        for name in names
    ]


def _graph(
    title: str, metrics: Sequence[cloudwatch.IMetric], columns: int = 3
) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=WIDTH // columns, height=6)
