"""Rules for EKS clusters and nodes, in cdk-nag's form.

cdk-nag's own EKS rules look for the custom resource of the older module and do not see the
`AWS::EKS::Cluster` that aws_eks_v2 makes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import jsii

Properties = Mapping[str, Any]
"""Properties of a resource in a template, whose form CloudFormation's schema gives."""

LOG_TYPES: Final = frozenset({"api", "audit", "authenticator", "controllerManager", "scheduler"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule over one type of resource.

    Attributes:
        id: Shown in the report.
        resource_type: What it looks at.
        complies: Whether the properties keep the rule.
        why: What goes wrong otherwise.
        fix: What to do.
    """

    id: str
    resource_type: str
    complies: Callable[[Properties], bool]
    why: str
    fix: str


def _logs_everything(properties: Properties) -> bool:
    logging = properties.get("Logging", {}).get("ClusterLogging", {})
    return {entry.get("Type") for entry in logging.get("EnabledTypes", ())} >= LOG_TYPES


def _encrypts_secrets(properties: Properties) -> bool:
    return any("secrets" in entry["Resources"] for entry in properties.get("EncryptionConfig", ()))


def _is_not_open_to_the_world(properties: Properties) -> bool:
    access = properties.get("ResourcesVpcConfig", {})
    ranges = access.get("PublicAccessCidrs", ["0.0.0.0/0"])
    # EKS opens the public endpoint to the world unless told otherwise.
    return access.get("EndpointPublicAccess", True) is False or not {"0.0.0.0/0", "::/0"} & set(
        ranges
    )


def _uses_access_entries_only(properties: Properties) -> bool:
    access = properties.get("AccessConfig", {})
    return (
        access.get("AuthenticationMode") == "API"
        and access.get("BootstrapClusterCreatorAdminPermissions") is False
    )


def _keeps_pods_from_metadata(properties: Properties) -> bool:
    options = properties.get("LaunchTemplateData", {}).get("MetadataOptions", {})
    return (options.get("HttpTokens"), options.get("HttpPutResponseHopLimit")) == ("required", 1)


def _encrypts_disks(properties: Properties) -> bool:
    devices = properties.get("LaunchTemplateData", {}).get("BlockDeviceMappings", ())
    return bool(devices) and all(
        device.get("Ebs", {}).get("Encrypted") is True for device in devices
    )


RULES: Final = (
    Rule(
        id="KubeflowAws-EKS1",
        resource_type="AWS::EKS::Cluster",
        complies=_logs_everything,
        why="The control plane does not log all of api, audit, authenticator, controllerManager "
        "and scheduler, so an incident leaves no trace.",
        fix="Set cluster_logging to all types.",
    ),
    Rule(
        id="KubeflowAws-EKS2",
        resource_type="AWS::EKS::Cluster",
        complies=_encrypts_secrets,
        why="Kubernetes Secrets are not encrypted with a key of our own.",
        fix="Set secrets_encryption_key.",
    ),
    Rule(
        id="KubeflowAws-EKS3",
        resource_type="AWS::EKS::Cluster",
        complies=_is_not_open_to_the_world,
        why="The API server answers the whole internet.",
        fix="Switch the public endpoint off, or name the ranges that need it.",
    ),
    Rule(
        id="KubeflowAws-EKS4",
        resource_type="AWS::EKS::Cluster",
        complies=_uses_access_entries_only,
        why="Access is granted outside access entries: by aws-auth, or to whoever created the "
        "cluster.",
        fix="Set authentication mode API and no bootstrap permissions for the creator.",
    ),
    Rule(
        id="KubeflowAws-EC21",
        resource_type="AWS::EC2::LaunchTemplate",
        complies=_keeps_pods_from_metadata,
        why="Pods can take the node's role from the instance metadata service.",
        fix="Require IMDSv2 with a hop limit of 1.",
    ),
    Rule(
        id="KubeflowAws-EC22",
        resource_type="AWS::EC2::LaunchTemplate",
        complies=_encrypts_disks,
        why="Disks of nodes are not encrypted.",
        fix="Set encrypted on every block device.",
    ),
)


def broken_rules(template: Mapping[str, Any]) -> Iterator[tuple[Rule, str]]:
    """Each rule that a template breaks, with the logical id of the resource."""
    for logical_id, resource in template.get("Resources", {}).items():
        for rule in RULES:
            if resource["Type"] == rule.resource_type and not rule.complies(
                resource.get("Properties", {})
            ):
                yield rule, logical_id


@jsii.implements(cdk.IPolicyValidationPlugin)
class EksRules:
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
