"""Lets the load balancer's controller point a listener at the user pool."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from constructs import Construct


@dataclass(frozen=True, kw_only=True, slots=True)
class UserPoolAccessProps:
    """Inputs of `UserPoolAccess`.

    Attributes:
        controller_role: Role of the AWS Load Balancer Controller.
        user_pool_arn: The user pool that people sign in with.
    """

    controller_role: iam.IRole
    user_pool_arn: str


class UserPoolAccess(Construct):
    """The right to read the clients of one user pool, their secrets included.

    ELB asks for it, in the name of whoever makes a listener that signs people in ("Authenticate
    users using an Application Load Balancer", "Prepare to use Amazon Cognito"). On ``*``, as the
    controller's published policy has it, it opens every client secret of the region.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: UserPoolAccessProps) -> None:
        super().__init__(scope, construct_id)
        iam.Policy(
            self,
            "Policy",
            roles=[props.controller_role],
            statements=[
                iam.PolicyStatement(
                    actions=["cognito-idp:DescribeUserPoolClient"],
                    resources=[props.user_pool_arn],
                )
            ],
        )
