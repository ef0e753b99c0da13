"""Rules for EKS clusters and nodes, in cdk-nag's form.

cdk-nag's own EKS rules look for the custom resource of the older module and do not see the
`AWS::EKS::Cluster` that aws_eks_v2 makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any, Final

from kubeflow_aws.checks.rule import Properties, Rule

LEAST_PREFIX: Final = 8
"""As in the deployment file."""

LOG_TYPES: Final = frozenset({"api", "audit", "authenticator", "controllerManager", "scheduler"})


def _list(value: object) -> list[Any]:
    """A list as it stands in the template.

    What only CloudFormation knows (an intrinsic function) counts as nothing: nobody can check it
    here.
    """
    return value if isinstance(value, list) else []


def _entries(value: object) -> list[Properties]:
    """The structures of a list, likewise."""
    return [entry for entry in _list(value) if isinstance(entry, Mapping)]


def _logs_everything(properties: Properties) -> bool:
    logging = properties.get("Logging", {}).get("ClusterLogging", {})
    found = [entry.get("Type") for entry in _entries(logging.get("EnabledTypes"))]
    return all(log_type in found for log_type in LOG_TYPES)


def _encrypts_secrets(properties: Properties) -> bool:
    entries = _entries(properties.get("EncryptionConfig"))
    return any("secrets" in _list(entry.get("Resources")) for entry in entries)


def _is_not_open_to_the_world(properties: Properties) -> bool:
    access = properties.get("ResourcesVpcConfig", {})
    # EKS opens the public endpoint, and to the world, unless told otherwise.
    ranges = _list(access.get("PublicAccessCidrs"))
    named = bool(ranges) and all(map(_is_narrow, ranges))
    return access.get("EndpointPublicAccess", True) is False or named


def _is_narrow(cidr: object) -> bool:
    """Whether a range is a real part of the internet; two halves would make a whole."""
    try:
        return isinstance(cidr, str) and ip_network(cidr, strict=False).prefixlen >= LEAST_PREFIX
    except ValueError:
        return False


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
    devices = _list(properties.get("LaunchTemplateData", {}).get("BlockDeviceMappings"))
    return bool(devices) and all(
        device.get("Ebs", {}).get("Encrypted") is True for device in devices
    )


def _has_a_launch_template(properties: Properties) -> bool:
    return "LaunchTemplate" in properties


EKS_RULES: Final = (
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
        id="KubeflowAws-EKS5",
        resource_type="AWS::EKS::Nodegroup",
        complies=_has_a_launch_template,
        why="EKS chooses the nodes' settings: pods reach the instance metadata service (hop limit "
        "2), and no rule sees the disks.",
        fix="Give the node group a launch template.",
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
