"""Alarms. Nothing is measured, so each stays without data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from localcloud.resources.arguments import arguments
from localcloud.resources.provider import Properties, Request, Resource
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
