"""Alarms of a rotation that fails, and of one that the database's clients do not follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

FAILED_CONNECTION: Final = "%,FAILED_CONNECT,%"
"""In a line of the audit log, an attempt that the database did not take.

Between commas stands what was done (aws/audit-plugin-for-mysql, server_audit.cc, auditing); between
percent signs, a regular expression that may match anywhere (CloudWatch Logs User Guide, "Filter
pattern syntax").
"""

TURNED_AWAY: Final = 5
"""Attempts in a quarter of an hour: each request to a client that knows an old password is one."""

FOLLOWED: Final = "followed: every client has been looked at"
"""Last line of manifests/components/database/follow-rotation.sh."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RotationAlarmsProps:
    """Inputs of `RotationAlarms`.

    Attributes:
        metrics: CloudWatch namespace of the metrics that are taken from logs.
        function_name: The function that rotates.
        audit_log: Log group of the database's audit.
        containers_log: Log group of all containers, if they are logged.
    """

    metrics: str
    function_name: str
    audit_log: str
    containers_log: str | None


class RotationAlarms(Construct):
    """The function fails, the database turns clients away, the job that follows does not end well.

    The last is known from logs of containers alone: CloudWatch Container Insights has no metric of
    Jobs, and none of pods that have ended (amazon-cloudwatch-agent, translator/translate/otel/
    exporter/awsemf/kubernetes.go; what is published of a failed pod, no test has seen).
    """

    alarms: list[cloudwatch.Alarm]

    def __init__(self, scope: Construct, construct_id: str, *, props: RotationAlarmsProps) -> None:
        super().__init__(scope, construct_id)
        self._namespace = props.metrics
        self.alarms = [self._errors(props.function_name), self._turned_away(props.audit_log)]
        if props.containers_log:
            self.alarms.append(self._not_followed(props.containers_log))

    def _errors(self, function_name: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            "Errors",
            alarm_description="A rotation of database credentials failed; the old ones stay good: "
            "see the log of the function, then docs/operations/rotation.md.",
            metric=cloudwatch.Metric(
                namespace="AWS/Lambda",
                metric_name="Errors",
                dimensions_map={"FunctionName": function_name},
                period=cdk.Duration.minutes(5),
                statistic="Sum",
            ),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            # It runs once a month.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _turned_away(self, audit_log: str) -> cloudwatch.Alarm:
        metric = self._count(
            "DatabaseTurnedAway", audit_log, logs.FilterPattern.literal(FAILED_CONNECTION)
        )
        return cloudwatch.Alarm(
            self,
            "TurnedAway",
            alarm_description="The metadata database turns clients away, as after a rotation that "
            "they did not follow: see who in its audit log, then docs/operations/rotation.md.",
            metric=metric.metric(statistic="Sum", period=cdk.Duration.minutes(15)),
            threshold=TURNED_AWAY,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _not_followed(self, containers_log: str) -> cloudwatch.Alarm:
        pattern = logs.FilterPattern
        metric = self._count(
            "RotationFollowed",
            containers_log,
            # No user's pod is in this namespace.
            pattern.all(
                pattern.string_value("$.kubernetes.namespace_name", "=", "kubeflow"),
                pattern.string_value("$.kubernetes.container_name", "=", "follow"),
                pattern.string_value("$.log", "=", f"{FOLLOWED}*"),
            ),
        )
        return cloudwatch.Alarm(
            self,
            "NotFollowed",
            alarm_description="The hourly job that starts pods anew after a rotation has not ended "
            "well for three hours: kubectl get jobs -n kubeflow, then docs/operations/rotation.md.",
            metric=metric.metric(statistic="Sum", period=cdk.Duration.hours(1)),
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=3,
            # Only hours without it that have logs of others count: not those before a cluster.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _count(self, name: str, group: str, pattern: logs.IFilterPattern) -> logs.MetricFilter:
        return logs.MetricFilter(
            self,
            name,
            log_group=logs.LogGroup.from_log_group_name(self, f"{name}Log", group),
            filter_pattern=pattern,
            metric_namespace=self._namespace,
            metric_name=name,
            # Reported for what matches nothing, or a count could never be zero.
            default_value=0,
        )
