"""What must hold in production."""

from __future__ import annotations

from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.deployment.model import Deployment


def check_production(deployment: Deployment) -> None:
    """Nothing in production stands behind a password that upstream publishes."""
    if not deployment.is_production:
        return
    for field, value, other in (
        ("auth.provider", deployment.auth_provider, AuthProvider.COGNITO),
        ("database", deployment.database_option, Database.RDS),
        ("artifacts", deployment.artifacts_option, Artifacts.S3),
    ):
        if value is not other:
            raise ValueError(
                f"{field} is {value}, whose secrets upstream publishes; in production set "
                f"{field}: {other}, or leave environment: production out"
            )
