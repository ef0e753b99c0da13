"""The stacks of a deployment, as CloudFormation has them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final

import boto3

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.names import STACKS

OF_THE_REGION: Final = tuple(kind for kind in STACKS if kind != "Certificate")
"""Those in the deployment's own region."""


CERTIFICATES: Final = "us-east-1"
"""Where Cognito takes the certificate of a custom sign-in domain from."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedStack:
    """A stack that exists.

    Attributes:
        name: Its name in CloudFormation.
        region: Where it is.
        kind: What it is called in this project, for example ``Cluster``.
        status: For example ``UPDATE_COMPLETE``.
        protected: Whether CloudFormation refuses to delete it.
    """

    name: str
    region: str
    kind: str
    status: str
    protected: bool


def deployed_stacks(deployment: Deployment, client: Any) -> Iterator[DeployedStack]:
    """The stacks of a deployment that are in the region of a client.

    Args:
        deployment: The deployment.
        client: A boto3 client of CloudFormation; boto3 makes its class at run time.
    """
    kinds = {deployment.certificate_stack_name: "Certificate"}
    if client.meta.region_name == deployment.region:
        # Elsewhere they are those of a deployment of this name there.
        kinds |= {f"{deployment.stack_prefix}{kind}": kind for kind in OF_THE_REGION}
    for page in client.get_paginator("describe_stacks").paginate():
        for stack in page["Stacks"]:
            if kind := kinds.get(stack["StackName"]):
                yield DeployedStack(
                    name=stack["StackName"],
                    region=client.meta.region_name,
                    kind=kind,
                    status=stack["StackStatus"],
                    protected=stack.get("EnableTerminationProtection", False),
                )


def stacks_everywhere(
    deployment: Deployment, session: boto3.Session
) -> Iterator[tuple[DeployedStack, Any]]:
    """The stacks of a deployment in every region where it may have some.

    Args:
        deployment: The deployment.
        session: Credentials that may list stacks.

    Yields:
        A stack, and the client of CloudFormation in its region.
    """
    for region in dict.fromkeys((deployment.region, CERTIFICATES)):
        client = session.client("cloudformation", region_name=region)
        for stack in deployed_stacks(deployment, client):
            yield stack, client


def left_behind(
    deployment: Deployment, session: boto3.Session, names: Collection[str]
) -> list[DeployedStack]:
    """The stacks of a deployment that exist, and that its file leads to no more.

    Nothing deletes them: `cdk deploy --all` and `cdk destroy --all` know those of the app alone.

    Args:
        deployment: The deployment.
        session: Credentials that may list stacks.
        names: The stacks that its file leads to.
    """
    return [stack for stack, _ in stacks_everywhere(deployment, session) if stack.name not in names]
