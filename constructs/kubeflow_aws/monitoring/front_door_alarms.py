"""Alarms of the load balancer and its certificate."""

from __future__ import annotations

from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

ERRORS: Final = 20
"""In five minutes; single ones are connections that users closed."""

EXPIRY_DAYS: Final = 30
"""ACM renews 60 days before the end: with 30 left, it could not."""


class FrontDoorAlarms(Construct):
    """Answers 5xx of the load balancer itself and of what is behind it, and a certificate's end.

    The load balancer is made by its controller after this stack is written, so its name in
    CloudWatch is not known: the alarms count all Application Load Balancers of the account in this
    region. Give the platform an account of its own, as production should have.
    """

    alarms: list[cloudwatch.Alarm]

    def __init__(
        self, scope: Construct, construct_id: str, *, certificate: acm.ICertificate
    ) -> None:
        super().__init__(scope, construct_id)
        self.alarms = [
            self._errors(
                "LoadBalancerErrors",
                "HTTPCode_ELB_5XX_Count",
                "The load balancer itself answers 5xx: no healthy gateway, or Cognito not reached.",
            ),
            self._errors(
                "GatewayErrors",
                "HTTPCode_Target_5XX_Count",
                "Services behind the gateway answer 5xx: see pods of istio-system and kubeflow.",
            ),
            self._expiry(certificate),
        ]

    def _errors(self, construct_id: str, metric: str, text: str) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=text,
            metric=all_load_balancers(metric),
            threshold=ERRORS,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=2,
            # Nothing is counted where there is no error.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

    def _expiry(self, certificate: acm.ICertificate) -> cloudwatch.Alarm:
        return cloudwatch.Alarm(
            self,
            "CertificateExpiry",
            alarm_description="The certificate ends soon, and ACM could not renew it: see whether "
            "its validation record is still in the zone.",
            metric=certificate.metric_days_to_expiry(period=cdk.Duration.days(1)),
            threshold=EXPIRY_DAYS,
            comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.IGNORE,
        )


def all_load_balancers(metric: str) -> cloudwatch.MathExpression:
    """A count over all Application Load Balancers, by a query (CloudWatch Metrics Insights).

    Args:
        metric: Name of the metric.
    """
    return cloudwatch.MathExpression(
        expression=f'SELECT SUM({metric}) FROM SCHEMA("AWS/ApplicationELB", LoadBalancer)',  # noqa: S608  # no SQL
        using_metrics={},
        label=metric,
        period=cdk.Duration.minutes(5),
    )
