"""Composes the Delivery stack with the stacks of its deployments.

Apart from `stacks.build`, so that who deploys from a terminal does not wait for the constructs of
a pipeline to be imported.
"""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.logs.auto_delete import keep_auto_delete_logs
from kubeflow_aws.rendering.platform import Platform
from stacks.build import build
from stacks.delivery import DeliveryStack, DeliveryStackProps


def build_delivery(
    app: cdk.App, delivery: Delivery, contents: Sequence[tuple[Deployment, Platform]], file: str
) -> list[cdk.Stage]:
    """Add the Delivery stack to an app, with all stacks of its deployments below it.

    Args:
        app: The app.
        delivery: The delivery file.
        contents: The deployment of each of its stages, with its components rendered.
        file: Path of the delivery file from the root of the repository.

    Returns:
        The stages that are production.
    """
    production = []
    stack = DeliveryStack(
        app,
        delivery.stack_name,
        props=DeliveryStackProps(delivery=delivery, file=file),
    )
    for settings, (deployment, platform) in zip(delivery.stages, contents, strict=True):
        env = cdk.Environment(account=deployment.account, region=deployment.region)
        stage = cdk.Stage(stack, settings.name, env=env)
        build(stage, deployment, platform, account=None, file=settings.deployment)
        stack.deliver(stage, settings, deployment)
        if deployment.is_production:
            production.append(stage)
    stack.complete()
    for child in app.node.children:
        if isinstance(child, cdk.Stack):
            keep_auto_delete_logs(child)
    return production
