"""What the stacks of a deployment have in common: how they are called."""

from __future__ import annotations

import aws_cdk as cdk
from constructs import Construct


class NamedStack(cdk.Stack):
    """A stack that is called in AWS what it is called here.

    In a stage of a pipeline the CDK would put the stage's name before it, and a deployment that
    moves from an app to a stage would be made a second time.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, env: cdk.Environment, holds: str
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            env=env,
            description=f"Kubeflow on AWS: {holds}",
        )
