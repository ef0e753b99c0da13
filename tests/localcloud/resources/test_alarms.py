"""Alarms of CloudWatch."""

from __future__ import annotations

from typing import Any

from tests.localcloud.resources.stack import Stack

ALARM = "AWS::CloudWatch::Alarm"
BUSY: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "one"}],
    "EvaluationPeriods": "3",
    "MetricName": "CPUUtilization",
    "Namespace": "AWS/RDS",
    "Period": "300",
    "Statistic": "Average",
    "Threshold": "80",
}


def test_an_alarm_is_made_changed_and_deleted(stack: Stack) -> None:
    client = stack.client("cloudwatch")
    alarm = stack.create(ALARM, **BUSY)

    def shown() -> Any:
        return client.describe_alarms(AlarmNames=[alarm.physical_id])["MetricAlarms"]

    [found] = shown()
    assert found["Threshold"] == 80
    assert found["Dimensions"] == BUSY["Dimensions"]
    assert found["AlarmArn"] == alarm.attributes["Arn"]
    stack.update(ALARM, alarm, BUSY, **{**BUSY, "Threshold": "90"})
    assert shown()[0]["Threshold"] == 90
    stack.delete(ALARM, alarm, **BUSY)
    assert shown() == []
