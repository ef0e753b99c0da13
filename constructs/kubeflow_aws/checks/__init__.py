"""Security rules that stop a synth: cdk-nag's and our own."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

from kubeflow_aws.checks.plugin import KubeflowRules
from kubeflow_aws.checks.production import ProductionRules
from kubeflow_aws.rendering.floors import Floor

__all__ = ["KubeflowRules", "ProductionRules", "add_checks"]


def add_checks(
    app: cdk.App, *, floors: Sequence[Floor], production: Sequence[IConstruct] = ()
) -> None:
    """Let `app.synth()` fail on any finding that is not acknowledged beside its construct.

    Args:
        app: Everything is checked against AwsSolutions and our own rules.
        floors: The least versions of images (`manifests/image-floors.yaml`).
        production: Parts that are checked against NIST 800-53 r5 too.
    """
    checks = cdk.Validations.of(app)
    checks.add_plugins(AwsSolutionsChecks(app, verbose=True), KubeflowRules(floors))
    if production:
        checks.add_plugins(ProductionRules(production))
