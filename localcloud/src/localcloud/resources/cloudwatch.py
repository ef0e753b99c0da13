"""Alarms and dashboards. Nothing is measured, so they stay without data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Provider, Request, Resource
from localcloud.resources.settings import Setting, SettingsProvider, missing_is_fine
from localcloud.resources.tags import tag_list, tags_of

_SETTINGS: Final = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluationPeriods",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "TreatMissingData",
    "Unit",
)


def _put(request: Request, resource: Resource, old: Properties) -> None:
    del old
    client = request.client("cloudwatch")
    given = arguments(client, "PutMetricAlarm", request.properties, _SETTINGS)
    if tags := tags_of(request):
        given["Tags"] = tag_list(tags)
    client.put_metric_alarm(AlarmName=resource.physical_id, **given)


class Alarm(SettingsProvider):
    """``AWS::CloudWatch::Alarm``."""

    at_creation = frozenset({"AlarmName"})
    settings: ClassVar[Mapping[str, Setting]] = dict.fromkeys(_SETTINGS, _put)
    recorded = frozenset({"Tags"})

    def make(self, request: Request) -> Resource:
        """Name the alarm; it is there once its settings are put."""
        name = request.properties.get("AlarmName") or request.generated_name()
        arn = f"arn:aws:cloudwatch:{request.region}:{request.account}:alarm:{name}"
        return Resource(physical_id=name, attributes={"Arn": arn})

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the alarm."""
        with missing_is_fine():
            request.client("cloudwatch").delete_alarms(AlarmNames=[resource.physical_id])


class Dashboard(Provider):
    """``AWS::CloudWatch::Dashboard``."""

    applied = frozenset({"DashboardBody", "DashboardName"})

    def create(self, request: Request) -> Resource:
        """Put the dashboard."""
        name = request.properties.get("DashboardName") or request.generated_name()
        self._put(request, name)
        return Resource(physical_id=name)

    def update(self, request: Request, resource: Resource, old: Properties) -> Resource:
        """Put it anew."""
        del old
        self._put(request, resource.physical_id)
        return resource

    def _put(self, request: Request, name: str) -> None:
        request.client("cloudwatch").put_dashboard(
            DashboardName=name, DashboardBody=request.properties["DashboardBody"]
        )

    def delete(self, request: Request, resource: Resource) -> None:
        """Delete the dashboard."""
        with missing_is_fine():
            request.client("cloudwatch").delete_dashboards(DashboardNames=[resource.physical_id])
