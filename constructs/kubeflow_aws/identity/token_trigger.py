"""The Lambda function that Cognito asks before it writes a token."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.checks.acknowledge import (
    acknowledge,
    acknowledge_wildcard,
)
from kubeflow_aws.deployment.identity_providers import IdentityProvider, groups_attribute
from kubeflow_aws.identity.cluster_access import ClusterAccess, ClusterAccessProps, GroupsCluster
from kubeflow_aws.logs.group import EncryptedLogGroup, EncryptedLogGroupProps

CODE: Final = Path(__file__).parent
PACKAGE: Final = "pre_token_generation"

PROGRAM_CLAIM: Final = ("kubeflow_caller", "program")
"""What the trigger writes into the tokens of programs alone (pre_token_generation/index.py)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenTriggerProps:
    """Inputs of `TokenTrigger`.

    Attributes:
        identity_providers: Whose addresses it vouches for, and which.
        machines: Identity of each machine client, by its scope.
        groups_cluster: Where members of groups have their rights, if a profile names a group.
        log_retention: How long its logs are kept.
        removal_policy: What becomes of its logs when the stack goes.
    """

    identity_providers: Sequence[IdentityProvider]
    machines: Mapping[str, str]
    groups_cluster: GroupsCluster | None
    log_retention: logs.RetentionDays
    removal_policy: cdk.RemovalPolicy


class TokenTrigger(Construct):
    """A function without any permission but to write its own log.

    Where profiles name groups it stands in the VPC, with a name in the cluster: see
    `ClusterAccess`.
    """

    function: lambda_.Function

    def __init__(self, scope: Construct, construct_id: str, *, props: TokenTriggerProps) -> None:
        super().__init__(scope, construct_id)
        log_group = EncryptedLogGroup(
            self,
            "Logs",
            props=EncryptedLogGroupProps(
                retention=props.log_retention, removal_policy=props.removal_policy
            ),
        ).log_group
        role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        access = None
        if props.groups_cluster:
            access = ClusterAccess(
                self,
                "ClusterAccess",
                props=ClusterAccessProps(groups_cluster=props.groups_cluster, role=role),
            )
        self.function = self._create_function(role, log_group, access, props)
        policy = iam.Policy(
            self,
            "WriteLog",
            roles=[role],
            statements=[
                iam.PolicyStatement(
                    actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                    resources=[log_group.log_group_arn],
                )
            ],
        )
        self.function.node.add_dependency(policy)
        resource = log_group.node.default_child
        if isinstance(resource, cdk.CfnElement):
            logical_id = cdk.Stack.of(self).get_logical_id(resource)
            acknowledge_wildcard(
                policy,
                resource=f"<{logical_id}.Arn>",
                reason="The wildcard stands for the streams of one log group, the function's own.",
            )

    def _create_function(
        self,
        role: iam.Role,
        log_group: logs.ILogGroup,
        access: ClusterAccess | None,
        props: TokenTriggerProps,
    ) -> lambda_.Function:
        function = lambda_.Function(
            self,
            "Function",
            description="Writes the Kubeflow identity into Cognito's access tokens",
            runtime=lambda_.Runtime.PYTHON_3_14,
            architecture=lambda_.Architecture.ARM_64,
            handler=f"{PACKAGE}.index.handler",
            code=lambda_.Code.from_asset(
                str(CODE),
                exclude=["*", f"!{PACKAGE}/", f"!{PACKAGE}/*.py"],
                ignore_mode=cdk.IgnoreMode.GIT,
            ),
            role=role.without_policy_updates(),
            log_group=log_group,
            # Cognito waits no longer.
            timeout=cdk.Duration.seconds(5),
            environment=_environment(props),
            vpc=access.vpc if access else None,
            vpc_subnets=access.subnets if access else None,
            security_groups=[access.security_group] if access else None,
            # Of processor time, Lambda gives in proportion; the client of AWS needs some to start.
            memory_size=512 if access else None,
        )
        if access:
            access.complete(function)
        else:
            acknowledge(
                function,
                finding="NIST.800.53.R5-LambdaInsideVPC",
                reason="It computes a claim from its event and opens no connection; in the VPC a "
                "sign-in would wait for a network interface.",
            )
        return function


def _environment(props: TokenTriggerProps) -> Mapping[str, str]:
    providers = {
        provider.name: {
            "domains": list(provider.domains),
            "verified": provider.verified,
            **({"groups": True} if groups_attribute(provider) else {}),
        }
        for provider in props.identity_providers
    }
    return {
        "IDENTITY_PROVIDERS": json.dumps(providers),
        "MACHINES": json.dumps(dict(props.machines)),
    }
