"""App clients of programs, which sign in with credentials of their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import aws_cdk as cdk
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge

RESOURCE_SERVER: Final = "kubeflow"


def machine_scope(name: str) -> str:
    """The one scope that a machine client is allowed, which tells the trigger who it is.

    The id of the client cannot: the client needs the pool, the pool its trigger, and the trigger
    would need the id.
    """
    return f"{RESOURCE_SERVER}/{name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class MachineClientsProps:
    """Inputs of `MachineClients`.

    Attributes:
        pool: The user pool.
        names: One client is made for each.
        token_url: Where a client gets its token; part of its secret.
        secret_prefix: Path of the secrets' names.
    """

    pool: cognito.UserPool
    names: Sequence[str]
    token_url: str
    secret_prefix: str


class MachineClients(Construct):
    """A client and a secret with its credentials for each program.

    The secret is JSON with client_id, client_secret, scope and token_url.
    """

    clients: Mapping[str, cognito.CfnUserPoolClient]

    def __init__(self, scope: Construct, construct_id: str, *, props: MachineClientsProps) -> None:
        super().__init__(scope, construct_id)
        server = cognito.CfnUserPoolResourceServer(
            self,
            "ResourceServer",
            user_pool_id=props.pool.user_pool_id,
            identifier=RESOURCE_SERVER,
            name="Kubeflow",
            scopes=[
                cognito.CfnUserPoolResourceServer.ResourceServerScopeTypeProperty(
                    scope_name=name, scope_description=f"Act as the program {name}"
                )
                for name in props.names
            ],
        )
        key = kms.Key(
            self,
            "Key",
            description="Credentials of programs for the API of Kubeflow",
            enable_key_rotation=True,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        self.clients = {name: self._create(name, server, key, props) for name in props.names}

    def _create(
        self,
        name: str,
        server: cognito.CfnUserPoolResourceServer,
        key: kms.IKey,
        props: MachineClientsProps,
    ) -> cognito.CfnUserPoolClient:
        # The L2 client gives no attribute for the secret but by a custom resource.
        client = cognito.CfnUserPoolClient(
            self,
            f"Client-{name}",
            user_pool_id=props.pool.user_pool_id,
            client_name=name,
            generate_secret=True,
            allowed_o_auth_flows_user_pool_client=True,
            allowed_o_auth_flows=["client_credentials"],
            allowed_o_auth_scopes=[machine_scope(name)],
            # Left out, users could sign in by it.
            explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
            access_token_validity=15,
            token_validity_units=cognito.CfnUserPoolClient.TokenValidityUnitsProperty(
                access_token="minutes"  # noqa: S106  # a unit
            ),
        )
        client.add_dependency(server)
        secret = secretsmanager.Secret(
            self,
            f"Secret-{name}",
            secret_name=f"{props.secret_prefix}/{name}",
            description=f"Credentials of the program {name} for the platform's API",
            secret_object_value={
                "client_id": cdk.SecretValue.resource_attribute(client.ref),
                "client_secret": cdk.SecretValue.resource_attribute(client.attr_client_secret),
                "scope": cdk.SecretValue.unsafe_plain_text(machine_scope(name)),
                "token_url": cdk.SecretValue.unsafe_plain_text(props.token_url),
            },
            encryption_key=key,
            removal_policy=cdk.RemovalPolicy.DESTROY,
        )
        for finding in ("AwsSolutions-SMG4", "NIST.800.53.R5-SecretsManagerRotationEnabled"):
            acknowledge(
                secret,
                finding=finding,
                reason="Cognito makes the secret and changes it only with the client: rename the "
                "program in the deployment file to get another.",
            )
        return client
