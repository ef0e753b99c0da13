"""The stacks of a deployment, as CloudFormation has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.names import STACKS

OF_THE_REGION: Final = tuple(kind for kind in STACKS if kind != "Certificate")
"""Those in the deployment's own region."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeployedStack:
    """A stack that exists.

    Attributes:
        name: Its name in CloudFormation.
        kind: What it is called in this project, for example ``Cluster``.
        status: For example ``UPDATE_COMPLETE``.
        protected: Whether CloudFormation refuses to delete it.
    """

    name: str
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
                    kind=kind,
                    status=stack["StackStatus"],
                    protected=stack.get("EnableTerminationProtection", False),
                )
