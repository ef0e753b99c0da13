"""Security rules that stop a synth: cdk-nag's and our own."""

from __future__ import annotations

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks

from kubeflow_aws.checks.plugin import KubeflowRules

__all__ = ["KubeflowRules", "add_checks"]


def add_checks(app: cdk.App) -> None:
    """Let `app.synth()` fail on any finding that is not acknowledged beside its construct."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app, verbose=True), KubeflowRules())
