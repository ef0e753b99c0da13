"""The `monitoring` section: logs and metrics that outlive pods, and who hears of trouble."""

from __future__ import annotations

from pydantic import Field

from kubeflow_aws.deployment.section import EmailAddress, Section


class Monitoring(Section):
    """CloudWatch, and Amazon Managed Service for Prometheus."""

    container_insights: bool = Field(
        default=True, description="Logs and metrics of all pods and nodes in CloudWatch."
    )
    alarm_emails: tuple[EmailAddress, ...] = Field(
        default=(),
        max_length=20,
        description="Who gets mail when an alarm goes off; each has to confirm once.",
    )
    prometheus: bool = Field(
        default=False,
        description="A workspace of Amazon Managed Prometheus that scrapes the cluster.",
    )
