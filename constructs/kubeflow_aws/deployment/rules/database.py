"""What must hold for the metadata database."""

from __future__ import annotations

from kubeflow_aws.deployment.database import Database
from kubeflow_aws.deployment.model import Deployment


def check_database(deployment: Deployment) -> None:
    """Settings of RDS only where there is RDS, and backups where they matter."""
    if deployment.database_option is not Database.RDS:
        if "rds" in deployment.model_fields_set:
            raise ValueError(
                f"rds is set, but database is {deployment.database_option}; remove it, or set "
                "database: rds"
            )
        return
    if deployment.is_production and deployment.rds.backup_retention_days == 0:
        raise ValueError(
            "rds.backup_retention_days is 0, so a lost database could not be restored; in "
            "production give 1 to 35"
        )
