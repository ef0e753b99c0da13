"""CloudWatch Container Insights: logs and metrics of pods that outlive the pods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.cluster.addons import (
    ON_EVERY_NODE,
    ON_SYSTEM_NODES,
    AddonsProps,
    managed_addon,
)
from kubeflow_aws.cluster.pod_role import PodRole, PodRoleProps
from kubeflow_aws.logs.group import kept_in_production, log_retention

NAMESPACE: Final = "amazon-cloudwatch"
"""Made by the add-on."""

LOGS: Final = ("application", "dataplane", "host", "performance")
"""Log groups of Container Insights (CloudWatch User Guide, "Container Insights performance log
reference" and "Send logs to CloudWatch Logs")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ObservabilityProps:
    """Inputs of `Observability`.

    Attributes:
        addon: The cluster, the version, and what comes first.
        name: The cluster's name, as text; part of the log groups' names.
        production: Whether logs outlive the stack, and for how long.
    """

    addon: AddonsProps
    name: str
    production: bool


class Observability(Construct):
    """The add-on `amazon-cloudwatch-observability`, which sends pods' logs and all metrics.

    It would make its log groups itself, without an end and without a key of ours; they are here
    before it. Application Signals, which changes users' pods to trace them, is off.
    """

    key: kms.Key

    def __init__(self, scope: Construct, construct_id: str, *, props: ObservabilityProps) -> None:
        super().__init__(scope, construct_id)
        self.key = self._create_key(props)
        groups = [self._create_group(kind, props) for kind in LOGS]
        role = PodRole(
            self,
            "Role",
            props=PodRoleProps(
                cluster=props.addon.cluster,
                namespace=NAMESPACE,
                service_account="cloudwatch-agent",
                managed_policy="CloudWatchAgentServerPolicy",
            ),
        )
        addon = managed_addon(
            self,
            "Addon",
            props.addon,
            "amazon-cloudwatch-observability",
            props.addon.versions.cloudwatch,
            configuration={
                "containerLogs": {"enabled": True},
                "manager": {
                    "applicationSignals": {"autoMonitor": {"monitorAllServices": False}},
                    # It tolerates what its daemons do: on a user's node it would keep it.
                    **ON_SYSTEM_NODES,
                },
                # On nodes with accelerators too: their logs are the ones that matter.
                **ON_EVERY_NODE,
            },
        )
        addon.node.add_dependency(role, *groups)

    def _create_key(self, props: ObservabilityProps) -> kms.Key:
        stack = cdk.Stack.of(self)
        key = kms.Key(
            self,
            "Key",
            description="Logs of Kubeflow's pods and nodes",
            enable_key_rotation=True,
            removal_policy=kept_in_production(production=props.production),
        )
        arns = [
            stack.format_arn(
                service="logs",
                resource="log-group",
                resource_name=log_group_name(props.name, kind),
                arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
            )
            for kind in LOGS
        ]
        key.grant_encrypt_decrypt(
            iam.ServicePrincipal(
                f"logs.{stack.region}.amazonaws.com",
                conditions={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arns}},
            )
        )
        return key

    def _create_group(self, kind: str, props: ObservabilityProps) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            kind.capitalize(),
            log_group_name=log_group_name(props.name, kind),
            encryption_key=self.key,
            retention=log_retention(production=props.production),
            removal_policy=kept_in_production(production=props.production),
        )


def log_group_name(cluster: str, kind: str) -> str:
    """Where Container Insights sends what is of a kind.

    Args:
        cluster: The cluster's name.
        kind: One of `LOGS`.
    """
    return f"/aws/containerinsights/{cluster}/{kind}"
