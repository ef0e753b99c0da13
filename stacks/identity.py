"""The Identity stack: the user pool, its sign-in page, its users."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_route53_targets as targets
from constructs import Construct

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.identity.cluster_access import GroupsCluster
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.identity.user_pool import KubeflowUserPool, KubeflowUserPoolProps
from kubeflow_aws.identity.users import InvitedUsers, InvitedUsersProps
from kubeflow_aws.network.place import Place
from stacks.named import NamedStack

NOWHERE: Final = "192.0.2.1"
"""An address that leads nowhere (RFC 5737)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentityStackProps:
    """What `IdentityStack` takes from the deployment file and from other stacks.

    Attributes:
        deployment: The deployment file, whose sign-in is Cognito.
        domain: Its names.
        env: Account and region.
        zone: Zone of the names.
        certificate: Of the custom sign-in domain, in us-east-1; none for Cognito's own domain.
        network: Network of the cluster.
        cluster: The cluster, where members of groups have their rights.
    """

    deployment: Deployment
    domain: Domain
    env: cdk.Environment
    zone: route53.IHostedZone
    certificate: acm.ICertificate | None
    network: Place
    cluster: eks.ICluster


class IdentityStack(NamedStack):
    """Holds the user pool; the Platform stack takes `sign_in` from here."""

    sign_in: SignIn

    def __init__(self, scope: Construct, construct_id: str, *, props: IdentityStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="sign-in with Amazon Cognito")
        deployment, domain = props.deployment, props.domain
        settings = deployment.auth.cognito
        users = KubeflowUserPool(
            self,
            "Users",
            props=KubeflowUserPoolProps(
                name=deployment.name,
                settings=settings,
                host=domain.host,
                domain_prefix=deployment.sign_in_prefix,
                sign_in_host=domain.sign_in_host,
                certificate=props.certificate,
                machines={
                    client.name: deployment.machine_identity(client.name)
                    for client in settings.machine_clients
                },
                groups_cluster=self._groups_cluster(props),
                production=deployment.is_production,
                protected=deployment.is_protected,
            ),
        )
        self.sign_in = users.sign_in
        if props.certificate:
            self._name_sign_in_page(users, domain, props.zone)
        if deployment.auth.users:
            InvitedUsers(
                self,
                "Invited",
                props=InvitedUsersProps(
                    pool=users.pool, emails=[user.email for user in deployment.auth.users]
                ),
            )
        cdk.CfnOutput(
            self,
            "SignInPage",
            description="Where Cognito asks for the password",
            value=self.sign_in.base_url,
        )

    def _groups_cluster(self, props: IdentityStackProps) -> GroupsCluster | None:
        # Read only where it is needed: each thing that is read ties this stack to another.
        if not props.deployment.groups:
            return None
        vpc = props.network.vpc_in(self)
        return GroupsCluster(cluster=props.cluster, vpc=vpc)

    def _name_sign_in_page(
        self, users: KubeflowUserPool, domain: Domain, zone: route53.IHostedZone
    ) -> None:
        route53.ARecord(
            self,
            "SignInRecord",
            zone=zone,
            record_name=f"{domain.sign_in_host}.",
            target=route53.RecordTarget.from_alias(targets.UserPoolDomainTarget(users.domain)),
        )
        if domain.hosted_zone and domain.hosted_zone.name == domain.name:
            # The zone's owner decides about its apex; the README says that it must resolve.
            return
        # Cognito takes a custom domain only if its parent resolves (Developer Guide, "Using your
        # own domain for managed login").
        parent = route53.ARecord(
            self,
            "ParentRecord",
            zone=zone,
            record_name=f"{domain.name}.",
            target=route53.RecordTarget.from_ip_addresses(NOWHERE),
        )
        users.domain.node.add_dependency(parent)
