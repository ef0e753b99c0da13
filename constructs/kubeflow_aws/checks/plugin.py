"""Our own rules as a plug-in of the CDK's policy validation, beside cdk-nag."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii

from kubeflow_aws.assembly.templates import MANIFEST_TYPE, objects_in
from kubeflow_aws.checks.eks_rules import EKS_RULES
from kubeflow_aws.checks.fsx_rules import FSX_RULES
from kubeflow_aws.checks.iam_rules import IAM_RULES
from kubeflow_aws.checks.kubernetes_rules import kubernetes_rules
from kubeflow_aws.checks.object_rule import ObjectRule
from kubeflow_aws.checks.rule import Rule
from kubeflow_aws.rendering.floors import Floor

NESTED: Final = ".nested.template.json"
RULES: Final = (*EKS_RULES, *FSX_RULES, *IAM_RULES)


def broken_object_rules(
    template: Mapping[str, Any], rules: Sequence[ObjectRule]
) -> Iterator[tuple[ObjectRule, str, str]]:
    """Each rule over Kubernetes objects that a template breaks.

    Args:
        template: The template.
        rules: The rules.

    Returns:
        The rule, what breaks it, and the logical id of the pack.
    """
    for logical_id, resource in template.get("Resources", {}).items():
        if resource["Type"] == MANIFEST_TYPE:
            for item in objects_in({"Resources": {logical_id: resource}}):
                for rule in rules:
                    for what in rule.breaks(item):
                        yield rule, what, logical_id


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

    def __init__(self, floors: Sequence[Floor]) -> None:
        """Take the least versions of images, which one of the rules asks for."""
        self._object_rules = kubernetes_rules(floors)

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
        return [*(rule.id for rule in RULES), *(rule.id for rule in self._object_rules)]

    def validate(self, context: cdk.IPolicyValidationContext) -> cdk.PolicyValidationPluginReport:
        """Check every template of the cloud assembly, those of nested stacks included."""
        violations = [
            violation
            for path in _with_nested(context.template_paths)
            for violation in _violations(path, self._object_rules)
        ]
        return cdk.PolicyValidationPluginReport(success=not violations, violations=violations)


def _with_nested(paths: Iterable[str]) -> Iterator[Path]:
    """The CDK names the templates of stacks alone; those of nested stacks are their assets."""
    for path in map(Path, paths):
        yield path
        assets = path.with_name(path.name.replace(".template.json", ".assets.json"))
        if assets.is_file():
            files = json.loads(assets.read_text(encoding="utf-8"))["files"].values()
            names = (file["source"]["path"] for file in files)
            yield from (path.parent / name for name in names if name.endswith(NESTED))


def _violations(path: Path, object_rules: Sequence[ObjectRule]) -> Iterator[cdk.PolicyViolation]:
    template = json.loads(path.read_text(encoding="utf-8"))
    for rule, logical_id in broken_rules(template):
        yield _violation(rule, rule.id, logical_id, path)
    for object_rule, what, logical_id in broken_object_rules(template, object_rules):
        yield _violation(object_rule, f"{object_rule.id}[{what}]", logical_id, path)


def _violation(
    rule: Rule | ObjectRule, name: str, logical_id: str, path: Path
) -> cdk.PolicyViolation:
    return cdk.PolicyViolation(
        rule_name=name,
        description=rule.why,
        fix=rule.fix,
        severity="error",
        violating_resources=[
            cdk.PolicyViolatingResource(
                resource_logical_id=logical_id, template_path=str(path), locations=[]
            )
        ],
    )
