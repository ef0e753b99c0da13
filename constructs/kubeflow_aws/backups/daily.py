"""Daily backups by AWS Backup, in a vault of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_backup as backup
from aws_cdk import aws_events as events
from aws_cdk import aws_kms as kms
from constructs import Construct

from kubeflow_aws.checks.managed_policies import service_role

KEPT_DAYS: Final = 35
POLICY: Final = "service-role/AWSBackupServiceRolePolicyForBackup"


@dataclass(frozen=True, kw_only=True, slots=True)
class DailyBackupsProps:
    """Inputs of `DailyBackups`.

    Attributes:
        resources: What is backed up.
    """

    resources: Sequence[backup.BackupResource]


class DailyBackups(Construct):
    """A backup a day, kept for five weeks, that stays when the stack goes."""

    def __init__(self, scope: Construct, construct_id: str, *, props: DailyBackupsProps) -> None:
        super().__init__(scope, construct_id)
        vault = backup.BackupVault(
            self,
            "Vault",
            encryption_key=kms.Key(
                self,
                "Key",
                description="Backups of Kubeflow",
                enable_key_rotation=True,
                removal_policy=cdk.RemovalPolicy.RETAIN,
            ),
            # A vault with backups in it cannot be deleted.
            removal_policy=cdk.RemovalPolicy.RETAIN,
        )
        plan = backup.BackupPlan(
            self,
            "Plan",
            backup_vault=vault,
            backup_plan_rules=[
                backup.BackupPlanRule(
                    rule_name="daily",
                    schedule_expression=events.Schedule.cron(hour="3", minute="0"),
                    delete_after=cdk.Duration.days(KEPT_DAYS),
                )
            ],
        )
        role = service_role(
            self,
            "Role",
            service="backup.amazonaws.com",
            policies=[POLICY],
            reason="AWS Backup's own policy, which it extends with the services it backs up.",
        )
        plan.add_selection("Selection", resources=list(props.resources), role=role)
