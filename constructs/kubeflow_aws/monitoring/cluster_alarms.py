"""Alarms of nodes and pods, from the metrics of Container Insights."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

NAMESPACE: Final = "ContainerInsights"

PERIOD: Final = cdk.Duration.minutes(5)

PLATFORM_NAMESPACES: Final = ("istio-system", "kube-system", "kubeflow")
"""Whose pods are the operator's. What users run fails every day, and is theirs to see."""

NODE_METRICS: Final = {
    "MemoryPressure": ("node_status_condition_memory_pressure", "are short of memory"),
    "DiskPressure": ("node_status_condition_disk_pressure", "are short of disk space"),
    "ProcessPressure": ("node_status_condition_pid_pressure", "are short of process ids"),
    "FailedNodes": ("cluster_failed_node_count", "have failed"),
}

POD_METRICS: Final = {
    "FailedPods": ("pod_status_failed", "have failed"),
    "CrashingPods": (
        "pod_container_status_waiting_reason_crash_loop_back_off",
        "start again and again",
    ),
}
"""CloudWatch User Guide, "Amazon EKS and Kubernetes Container Insights with enhanced observability
metrics"."""


UNAVAILABLE: Final = "status_replicas_unavailable"
"""Of each Deployment and DaemonSet, under its name as PodName (k8sapiserver.go in
awscontainerinsightreceiver of the agent's fork of OpenTelemetry's collector)."""


class ClusterAlarms(Construct):
    """Nodes under pressure, and pods of the platform that do not run, for a quarter of an hour."""

    alarms: list[cloudwatch.Alarm]

    def __init__(self, scope: Construct, construct_id: str, *, cluster: str) -> None:
        super().__init__(scope, construct_id)
        self._cluster = cluster
        self.alarms = [
            self._alarm(name, self.metric(metric), f"Nodes of the cluster {cluster} {what}.")
            for name, (metric, what) in NODE_METRICS.items()
        ]
        for namespace in PLATFORM_NAMESPACES:
            part = namespace.title().replace("-", "")
            self.alarms += [
                self._alarm(
                    f"{name}{part}",
                    self._worst_pod(metric, namespace),
                    f"Pods in {namespace} {what}: kubectl get pods -n {namespace}, and the log "
                    f"group /aws/containerinsights/{cluster}/application.",
                )
                for name, (metric, what) in POD_METRICS.items()
            ]
        # Not in the other namespaces: their DaemonSets lack a pod whenever a node comes.
        self.alarms.append(
            self._alarm(
                "UnavailableKubeflow",
                self._worst_pod(UNAVAILABLE, "kubeflow"),
                "A Deployment in kubeflow lacks pods that are ready, as Pipelines' API server that "
                "cannot read from RDS: kubectl get deployments -n kubeflow.",
            )
        )

    def metric(self, name: str) -> cloudwatch.Metric:
        """A metric of the whole cluster."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={"ClusterName": self._cluster},
            period=PERIOD,
            statistic="Maximum",
        )

    def _worst_pod(self, name: str, namespace: str) -> cloudwatch.MathExpression:
        """The highest value among the pods of a namespace.

        The agent publishes these metrics per pod and for the whole cluster, but for no namespace
        (amazon-cloudwatch-agent, translator/translate/otel/exporter/awsemf/kubernetes.go).
        """
        return cloudwatch.MathExpression(
            expression=f"SELECT MAX({name}) "  # noqa: S608  # no SQL
            f'FROM SCHEMA("{NAMESPACE}", ClusterName, Namespace, PodName) '
            f"WHERE ClusterName = '{self._cluster}' AND Namespace = '{namespace}'",
            using_metrics={},
            label=name,
            period=PERIOD,
        )

    def _alarm(self, construct_id: str, metric: cloudwatch.IMetric, text: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=text,
            metric=metric,
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            # Without a failed pod there is no such metric.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
