"""The Monitoring stack: alarms, who hears of them, a dashboard, and Prometheus."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.cluster.observability import log_group_name
from kubeflow_aws.database.alarms import DatabaseAlarms, DatabaseAlarmsProps
from kubeflow_aws.database.connection import DatabaseConnection
from kubeflow_aws.database.rotation_alarms import RotationAlarms, RotationAlarmsProps
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.monitoring.cluster_alarms import ClusterAlarms
from kubeflow_aws.monitoring.dashboard import PlatformDashboard, PlatformDashboardProps
from kubeflow_aws.monitoring.front_door_alarms import FrontDoorAlarms
from kubeflow_aws.monitoring.notification_topic import (
    NotificationTopic,
    NotificationTopicProps,
    Publisher,
)
from kubeflow_aws.monitoring.prometheus import Prometheus, PrometheusProps
from kubeflow_aws.network.place import Place
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class MonitoringStackProps:
    """What `MonitoringStack` takes from the deployment file and from other stacks.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        network: Network of the cluster.
        cluster: The cluster to watch.
        certificate: Certificate of the load balancer, if there is one.
        database: The metadata database in RDS, if there is one.
    """

    deployment: Deployment
    env: cdk.Environment
    network: Place
    cluster: eks.ICluster
    certificate: acm.ICertificate | None
    database: DatabaseConnection | None


class MonitoringStack(NamedStack):
    """Watches what other stacks made; nothing depends on it."""

    def __init__(self, scope: Construct, construct_id: str, *, props: MonitoringStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="alarms and dashboard")
        deployment, settings = props.deployment, props.deployment.monitoring
        alarms: list[cloudwatch.Alarm] = []
        if props.certificate:
            alarms += FrontDoorAlarms(self, "FrontDoor", certificate=props.certificate).alarms
        nodes_and_pods = None
        if settings.container_insights:
            nodes_and_pods = ClusterAlarms(self, "Cluster", cluster=deployment.cluster_name)
            alarms += nodes_and_pods.alarms
        if props.database:
            alarms += DatabaseAlarms(
                self,
                "Database",
                props=DatabaseAlarmsProps(
                    instance_name=props.database.instance_name,
                    storage_gib=deployment.rds.storage_gib,
                ),
            ).alarms
            alarms += self._watch_rotation(props.database, props).alarms
        topic = NotificationTopic(
            self,
            "Alarms",
            props=NotificationTopicProps(
                subject="Alarms",
                publisher=Publisher.CLOUDWATCH,
                emails=settings.alarm_emails,
            ),
        ).topic
        for alarm in alarms:
            alarm.add_alarm_action(actions.SnsAction(topic))
            alarm.add_ok_action(actions.SnsAction(topic))
        if alarms:
            PlatformDashboard(
                self,
                "Dashboard",
                props=PlatformDashboardProps(
                    name=f"{deployment.cluster_name}-{deployment.region}",
                    cluster_name=deployment.cluster_name,
                    alarms=alarms,
                    cluster=nodes_and_pods,
                    has_load_balancer=props.certificate is not None,
                    database=props.database.instance_name if props.database else None,
                ),
            )
        if settings.prometheus:
            self._create_prometheus(props)
        cdk.CfnOutput(
            self,
            "AlarmTopic",
            description="Where alarms go; subscribe chat and pagers here",
            value=topic.topic_arn,
        )

    def _watch_rotation(
        self, database: DatabaseConnection, props: MonitoringStackProps
    ) -> RotationAlarms:
        deployment = props.deployment
        containers_log = None
        # Whether somebody else's cluster has that group, nobody here knows.
        if deployment.monitoring.container_insights and not deployment.cluster.existing:
            containers_log = log_group_name(deployment.cluster_name, "application")
            self.add_stack_dependency(cdk.Stack.of(props.cluster))
        return RotationAlarms(
            self,
            "Rotation",
            props=RotationAlarmsProps(
                metrics=f"Kubeflow/{deployment.name}",
                function_name=database.rotation_function_name,
                audit_log=database.audit_log_name,
                containers_log=containers_log,
            ),
        )

    def _create_prometheus(self, props: MonitoringStackProps) -> None:
        vpc = props.network.vpc_in(self)
        prometheus = Prometheus(
            self,
            "Prometheus",
            props=PrometheusProps(
                name=props.deployment.cluster_name,
                cluster=props.cluster,
                subnet_ids=[subnet.subnet_id for subnet in vpc.private_subnets],
                production=props.deployment.is_production,
            ),
        )
        cdk.CfnOutput(
            self,
            "PrometheusEndpoint",
            description="Where Grafana finds the metrics",
            value=prometheus.workspace.attr_prometheus_endpoint,
        )
