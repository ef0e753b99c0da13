"""Alarms of the metadata database."""

from __future__ import annotations

from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from kubeflow_aws.database.instance import MAX_CONNECTIONS


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseAlarmsProps:
    """Inputs of `DatabaseAlarms`.

    Attributes:
        instance_name: The instance's name.
        storage_gib: Storage that it has at first.
    """

    instance_name: str
    storage_gib: int


class DatabaseAlarms(Construct):
    """Storage, processor and connections, each for a quarter of an hour.

    There is no read replica, so no lag to watch: a Multi-AZ standby is written synchronously.
    """

    alarms: list[cloudwatch.Alarm]

    def __init__(self, scope: Construct, construct_id: str, *, props: DatabaseAlarmsProps) -> None:
        super().__init__(scope, construct_id)
        self._instance_name = props.instance_name
        storage = self._alarm(
            "Storage",
            metric="FreeStorageSpace",
            # RDS enlarges the storage at a tenth: less means that it could not.
            threshold=props.storage_gib * 2**30 // 20,
            below=True,
            text="The metadata database is running out of storage: raise rds.max_storage_gib.",
        )
        processor = self._alarm(
            "Processor",
            metric="CPUUtilization",
            threshold=80,
            below=False,
            text="The metadata database is busy: see its slow queries, or give rds.instance_class.",
        )
        connections = self._alarm(
            "Connections",
            metric="DatabaseConnections",
            threshold=MAX_CONNECTIONS * 4 // 5,
            below=False,
            text=f"The metadata database has nearly all of its {MAX_CONNECTIONS} connections.",
        )
        self.alarms = [storage, processor, connections]

    def _alarm(
        self, construct_id: str, *, metric: str, threshold: int, below: bool, text: str
    ) -> cloudwatch.Alarm:
        operator = cloudwatch.ComparisonOperator
        return cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=text,
            metric=cloudwatch.Metric(
                namespace="AWS/RDS",
                metric_name=metric,
                dimensions_map={"DBInstanceIdentifier": self._instance_name},
                period=cdk.Duration.minutes(5),
                statistic="Average",
            ),
            threshold=threshold,
            comparison_operator=operator.LESS_THAN_THRESHOLD
            if below
            else operator.GREATER_THAN_THRESHOLD,
            evaluation_periods=3,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
