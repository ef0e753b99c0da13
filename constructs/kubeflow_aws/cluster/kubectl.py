"""How manifests reach the cluster: CDK's own kubectl handler, applying server-side."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.checks.acknowledge import (
    acknowledge,
    acknowledge_managed_policy,
    acknowledge_wildcard,
)
from kubeflow_aws.functions.in_vpc import role_in_vpc

KUBERC_LAYER: Final = Path(__file__).parent / "kuberc-layer"
"""Lands at /opt in the handler, so its HOME is /opt/kuberc. kubectl 1.34 and newer read
$HOME/.kube/kuberc (Kubernetes documentation, "Kubectl user preferences (kuberc)")."""

ATTEMPTS: Final = 30
"""Calls of the handler, until one finds room among the account's Lambda executions: some four
minutes, twenty seconds apart at the end. By itself CDK's framework gives up after some seconds, and
the stack rolls back. (AWS SDK for JavaScript v3, @smithy/core: AWS_MAX_ATTEMPTS, isThrottlingError,
MAXIMUM_RETRY_DELAY.)"""


def kubectl_options(
    scope: Construct, cluster_name: str, version: KubernetesVersion, subnets: list[ec2.ISubnet]
) -> eks.KubectlProviderOptions:
    """Options of the kubectl handler: the version's own layer, in private subnets.

    Args:
        scope: Where the layer and the handler's role are created.
        cluster_name: The cluster that the handler may describe.
        version: Decides the layer.
        subnets: Private subnets that reach the cluster's endpoint.
    """
    module = importlib.import_module(f"aws_cdk.{version.kubectl_layer}")
    number = version.kubectl_layer.removeprefix("lambda_layer_kubectl_v")
    layer = cast(
        "lambda_.LayerVersion", getattr(module, f"KubectlV{number}Layer")(scope, "Kubectl")
    )
    return eks.KubectlProviderOptions(
        kubectl_layer=layer,
        private_subnets=subnets,
        # The provider would add rights to pull images, for Helm charts that we do not install.
        role=_handler_role(scope, cluster_name).without_policy_updates(),
        environment={
            "HOME": "/opt/kuberc",
            # A layer is read-only; what kubectl caches goes where Lambda can write.
            "KUBECACHEDIR": "/tmp/kube-cache",  # noqa: S108  # Lambda's own scratch space
        }
        if version.has_kuberc
        else None,
    )


def finish_kubectl_provider(
    role_scope: Construct,
    provider: Construct,
    version: KubernetesVersion,
    *,
    log_group: logs.LogGroup,
) -> None:
    """Add the layer with kuberc to a provider's handler, move its logs, acknowledge what CDK made.

    The provider has no option for a third layer; its handler is an ordinary function. A kubectl
    older than 1.34 knows no kuberc and applies client-side.

    Args:
        role_scope: Where `kubectl_options` made the handler's role.
        provider: The kubectl provider.
        version: Decides whether there is a kuberc.
        log_group: Where the provider's functions log.
    """
    handler = cast("lambda_.Function", provider.node.find_child("Handler"))
    # It belongs to the rights that the handler's role does not take.
    role_scope.node.try_remove_child("HasEcrPublic")
    if version.has_kuberc:
        handler.add_layers(
            lambda_.LayerVersion(
                provider,
                "Kuberc",
                code=lambda_.Code.from_asset(str(KUBERC_LAYER)),
                description="kubectl apply is server-side, with force",
            )
        )
    acknowledge(
        handler,
        finding="AwsSolutions-L1",
        reason="CDK chooses the runtime that its own handler code is tested with.",
    )
    framework = cast(
        "lambda_.Function",
        provider.node.find_child("Provider").node.find_child("framework-onEvent"),
    )
    for function in (handler, framework):
        _log_to(function, log_group)
    framework.add_environment("AWS_MAX_ATTEMPTS", str(ATTEMPTS))
    _acknowledge_framework(provider, handler, framework)


def _log_to(function: lambda_.Function, group: logs.LogGroup) -> None:
    """Replace the group that CDK makes: kept for two years, unencrypted, left by a destroy.

    The provider has no option for it. A function that refers to its group goes before it, so no
    late invocation makes the group anew.
    """
    function.node.try_remove_child("LogGroup")
    resource = cast("lambda_.CfnFunction", function.node.default_child)
    resource.add_property_override("LoggingConfig.LogGroup", group.log_group_name)


def _acknowledge_framework(
    provider: Construct, handler: lambda_.Function, framework: lambda_.Function
) -> None:
    acknowledge_managed_policy(
        framework,
        policy="service-role/AWSLambdaBasicExecutionRole",
        reason="CDK's provider framework sets it and has no option for another; it writes logs.",
    )
    acknowledge_managed_policy(
        framework,
        policy="service-role/AWSLambdaVPCAccessExecutionRole",
        reason="CDK's provider framework sets it and has no option for another; a function in a "
        "VPC manages its own network interfaces.",
    )
    resource = cast("cdk.CfnElement", handler.node.default_child)
    acknowledge_wildcard(
        framework,
        resource=f"<{cdk.Stack.of(provider).get_logical_id(resource)}.Arn>:*",
        reason="The wildcard stands for the versions of one function, this provider's handler.",
    )


def _handler_role(scope: Construct, cluster_name: str) -> iam.Role:
    stack = cdk.Stack.of(scope)
    return role_in_vpc(
        scope,
        "KubectlHandlerRole",
        inline_policies={
            "DescribeCluster": iam.PolicyDocument(
                statements=[
                    iam.PolicyStatement(
                        actions=["eks:DescribeCluster"],
                        resources=[
                            stack.format_arn(
                                service="eks", resource="cluster", resource_name=cluster_name
                            )
                        ],
                    )
                ]
            )
        },
    )
