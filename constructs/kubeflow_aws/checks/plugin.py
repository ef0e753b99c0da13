"""Our own rules as a plug-in of the CDK's policy validation, beside cdk-nag."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii

from kubeflow_aws.checks.eks_rules import EKS_RULES
from kubeflow_aws.checks.iam_rules import IAM_RULES
from kubeflow_aws.checks.rule import Rule

RULES: Final = (*EKS_RULES, *IAM_RULES)


def broken_rules(template: Mapping[str, Any]) -> Iterator[tuple[Rule, str]]:
    """Each rule that a template breaks, with the logical id of the resource."""
    for logical_id, resource in template.get("Resources", {}).items():
        for rule in RULES:
            if resource["Type"] == rule.resource_type and not rule.complies(
                resource.get("Properties", {})
            ):
                yield rule, logical_id


@jsii.implements(cdk.IPolicyValidationPlugin)
class KubeflowRules:
    """Reports broken rules in the form of the CDK's policy validation, as cdk-nag does."""

    @property
    def name(self) -> str:
        """The plug-in's name in the report."""
        return "KubeflowAws"

    @property
    def version(self) -> str:
        """Version of the rules."""
        return "1"

    @property
    def rule_ids(self) -> list[str]:
        """The rules it checks."""
        return [rule.id for rule in RULES]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every template of the cloud assembly."""
        violations = [
            cdk.PolicyViolation(
                rule_name=rule.id,
                description=rule.why,
                fix=rule.fix,
                severity="error",
                violating_resources=[
                    cdk.PolicyViolatingResource(
                        resource_logical_id=logical_id, template_path=path, locations=[]
                    )
                ],
            )
            for path in context.template_paths
            for rule, logical_id in broken_rules(json.loads(Path(path).read_text(encoding="utf-8")))
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)
