"""NIST 800-53 r5, for production alone: a pack of cdk-nag over parts of an app."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import aws_cdk as cdk
import jsii
from cdk_nag import NIST80053R5Checks
from constructs import IConstruct

from kubeflow_aws.checks.acknowledge import acknowledge

PACK: Final = "NIST.800.53.R5"

EVERYWHERE: Final = {
    "IAMNoInlinePolicy": "Each policy belongs to one role and goes with it; a managed policy could "
    "be attached to others, and left behind.",
    "LambdaConcurrency": "CloudFormation, Cognito and Secrets Manager call these functions, a few "
    "at a time; a reserve would be taken from the account's other functions.",
    "LambdaDLQ": "Whoever calls these functions waits for the answer and reports a failure: "
    "CloudFormation in its events, Cognito to the user, Secrets Manager in its rotation status.",
}
"""Rules that ask the same of each resource of a kind, and why the answer is the same."""


@jsii.implements(cdk.IPolicyValidationPlugin)
class ProductionRules:
    """The rules of NIST 800-53 r5 over everything below some constructs.

    cdk-nag's own plug-in takes the whole app, a pipeline's other stages included.
    """

    def __init__(self, scopes: Sequence[IConstruct]) -> None:
        self._scopes = scopes
        for scope in scopes:
            for rule, reason in EVERYWHERE.items():
                acknowledge(scope, finding=f"{PACK}-{rule}", reason=reason)

    @property
    def name(self) -> str:
        """The plug-in's name in the report."""
        return PACK

    @property
    def version(self) -> str | None:
        """None of its own: the rules are cdk-nag's."""
        return None

    @property
    def rule_ids(self) -> list[str] | None:
        """All of the pack."""
        return None

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every resource below the constructs."""
        del context
        violations = [
            violation
            for scope in self._scopes
            for violation in NIST80053R5Checks().validate_scope(scope).violations
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
