"""The user pool: who may sign in, how, and what the load balancer may ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from kubeflow_aws.checks.acknowledge import acknowledge
from kubeflow_aws.deployment.cognito import Cognito, CognitoPlan, Mfa
from kubeflow_aws.deployment.identity_providers import groups_attribute
from kubeflow_aws.identity.cluster_access import GroupsCluster
from kubeflow_aws.identity.federation import GROUPS, add_identity_providers
from kubeflow_aws.identity.machine_clients import (
    MachineClients,
    MachineClientsProps,
    machine_scope,
)
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.identity.token_trigger import TokenTrigger, TokenTriggerProps
from kubeflow_aws.logs.group import kept_in_production, log_retention

ACCESS_TOKEN_LIFE: Final = cdk.Duration.minutes(15)
"""Short, since a token cannot be revoked at the gateway; the load balancer refreshes it."""

REFRESH_ONLY: Final = ["ALLOW_REFRESH_TOKEN_AUTH"]
"""No way to sign in but the sign-in page (API reference, CreateUserPoolClient)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowUserPoolProps:
    """Inputs of `KubeflowUserPool`.

    Attributes:
        name: Name of the deployment.
        settings: The deployment file's section.
        host: Name of the platform, to which users come back.
        domain_prefix: Prefix of Cognito's own domain; unused with a certificate.
        sign_in_host: Custom name of the sign-in page.
        certificate: Certificate of the custom name in us-east-1; none for Cognito's own domain.
        machines: Identity of each machine client by its name.
        groups_cluster: Where members of groups have their rights, if a profile names a group.
        production: Whether to keep the pool and its logs when the stack goes.
        protected: Whether AWS refuses to delete the pool.
    """

    name: str
    settings: Cognito
    host: str
    domain_prefix: str
    sign_in_host: str
    certificate: acm.ICertificate | None
    machines: Mapping[str, str]
    groups_cluster: GroupsCluster | None
    production: bool
    protected: bool


class KubeflowUserPool(Construct):
    """A user pool without sign-up whose access tokens carry a verified e-mail address."""

    pool: cognito.UserPool
    domain: cognito.UserPoolDomain
    client: cognito.UserPoolClient
    sign_in: SignIn

    def __init__(
        self, scope: Construct, construct_id: str, *, props: KubeflowUserPoolProps
    ) -> None:
        super().__init__(scope, construct_id)
        self.pool = self._create_pool(props)
        self._add_trigger(props)
        self.domain = self._create_domain(props)
        self.client = self._create_client(props)
        base_url = f"https://{props.sign_in_host}" if props.certificate else self.domain.base_url()
        self.sign_in = SignIn(
            issuer=self.pool.user_pool_provider_url,
            user_pool_arn=self.pool.user_pool_arn,
            client_id=self.client.user_pool_client_id,
            domain=props.sign_in_host if props.certificate else props.domain_prefix,
            base_url=base_url,
            machine_client_ids=self._create_machines(props, base_url),
            session_seconds=props.settings.session_hours * 3600,
        )

    def _create_pool(self, props: KubeflowUserPoolProps) -> cognito.UserPool:
        settings = props.settings
        plus = settings.plan is CognitoPlan.PLUS
        pool = cognito.UserPool(
            self,
            "Pool",
            user_pool_name=props.name,
            feature_plan=cognito.FeaturePlan.PLUS if plus else cognito.FeaturePlan.ESSENTIALS,
            standard_threat_protection_mode=cognito.StandardThreatProtectionMode.FULL_FUNCTION
            if plus
            else None,
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            # Else Alice@ and alice@ would be two users with one identity in Kubeflow.
            sign_in_case_sensitive=False,
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            # There whether a provider tells groups or not: a pool never loses an attribute. What a
            # provider brings must be mutable.
            custom_attributes={GROUPS: cognito.StringAttribute(max_len=2048, mutable=True)},
            keep_original=cognito.KeepOriginalAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.REQUIRED if settings.mfa is Mfa.REQUIRED else cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=settings.password_length,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=cdk.Duration.days(7),
            ),
            user_invitation=cognito.UserInvitationConfig(
                email_subject="Your account for Kubeflow",
                email_body=f"You may sign in at https://{props.host} as {{username}}. "
                "Your temporary password for the next seven days is {####}",
            ),
            deletion_protection=props.protected,
            removal_policy=cdk.RemovalPolicy.RETAIN
            if props.production
            else cdk.RemovalPolicy.DESTROY,
        )
        if settings.sender:
            resource = cast("cognito.CfnUserPool", pool.node.default_child)
            resource.email_configuration = cognito.CfnUserPool.EmailConfigurationProperty(
                email_sending_account="DEVELOPER",
                from_=settings.sender.address,
                source_arn=settings.sender.ses_identity_arn,
            )
        _acknowledge_choices(pool, settings)
        return pool

    def _add_trigger(self, props: KubeflowUserPoolProps) -> None:
        trigger = TokenTrigger(
            self,
            "TokenTrigger",
            props=TokenTriggerProps(
                identity_providers=props.settings.identity_providers,
                machines={machine_scope(name): who for name, who in props.machines.items()},
                groups_cluster=props.groups_cluster,
                log_retention=log_retention(production=props.production),
                removal_policy=kept_in_production(production=props.production),
            ),
        )
        self.pool.add_trigger(
            cognito.UserPoolOperation.PRE_TOKEN_GENERATION_CONFIG,
            trigger.function,
            # Machines' tokens pass a trigger of the third version only.
            cognito.LambdaVersion.V3_0 if props.machines else cognito.LambdaVersion.V2_0,
        )

    def _create_domain(self, props: KubeflowUserPoolProps) -> cognito.UserPoolDomain:
        if props.certificate:
            return self.pool.add_domain(
                "Domain",
                custom_domain=cognito.CustomDomainOptions(
                    certificate=props.certificate, domain_name=props.sign_in_host
                ),
            )
        return self.pool.add_domain(
            "Domain",
            cognito_domain=cognito.CognitoDomainOptions(domain_prefix=props.domain_prefix),
        )

    def _create_client(self, props: KubeflowUserPoolProps) -> cognito.UserPoolClient:
        providers = add_identity_providers(self, self.pool, props.settings.identity_providers)
        client = self.pool.add_client(
            "LoadBalancer",
            user_pool_client_name="load-balancer",
            generate_secret=True,
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                # CDK's default adds aws.cognito.signin.user.admin, with which a user could change
                # her e-mail address.
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.EMAIL],
                # Elastic Load Balancing, "Authenticate users using an Application Load Balancer".
                callback_urls=[f"https://{props.host}/oauth2/idpresponse"],
                logout_urls=[f"https://{props.host}/"],
            ),
            access_token_validity=ACCESS_TOKEN_LIFE,
            id_token_validity=ACCESS_TOKEN_LIFE,
            refresh_token_validity=cdk.Duration.hours(props.settings.session_hours),
            prevent_user_existence_errors=True,
            read_attributes=cognito.ClientAttributes().with_standard_attributes(
                email=True, email_verified=True
            ),
            write_attributes=_written(props.settings),
            supported_identity_providers=_supported(props.settings),
        )
        client.node.add_dependency(*providers)
        # Left out, Cognito's API would take passwords too, and its tokens may change one's e-mail
        # address. CDK leaves an empty choice out.
        resource = cast("cognito.CfnUserPoolClient", client.node.default_child)
        resource.explicit_auth_flows = REFRESH_ONLY
        return client

    def _create_machines(self, props: KubeflowUserPoolProps, base_url: str) -> Sequence[str]:
        if not props.machines:
            return ()
        machines = MachineClients(
            self,
            "Machines",
            props=MachineClientsProps(
                pool=self.pool,
                names=list(props.machines),
                token_url=f"{base_url}/oauth2/token",
                secret_prefix=f"{props.name}/machines",
            ),
        )
        return [client.ref for client in machines.clients.values()]


def _written(settings: Cognito) -> cognito.ClientAttributes:
    """What a provider brings, for Cognito writes it in the client's name.

    Without one nothing needs to be written, and Cognito takes an empty list for everything. Nobody
    else writes by these rights: no token has the scope aws.cognito.signin.user.admin.
    """
    standard = cognito.ClientAttributes().with_standard_attributes(
        email=bool(settings.identity_providers), locale=True
    )
    if any(map(groups_attribute, settings.identity_providers)):
        return standard.with_custom_attributes(f"custom:{GROUPS}")
    return standard


def _supported(settings: Cognito) -> list[cognito.UserPoolClientIdentityProvider]:
    return [
        cognito.UserPoolClientIdentityProvider.COGNITO,
        *(
            cognito.UserPoolClientIdentityProvider.custom(provider.name)
            for provider in settings.identity_providers
        ),
    ]


def _acknowledge_choices(pool: cognito.UserPool, settings: Cognito) -> None:
    if settings.mfa is Mfa.OPTIONAL:
        acknowledge(
            pool,
            finding="AwsSolutions-COG2",
            reason="The deployment file makes the second factor optional (auth.cognito.mfa).",
        )
    if settings.plan is CognitoPlan.ESSENTIALS:
        acknowledge(
            pool,
            finding="AwsSolutions-COG8",
            reason="Threat protection is priced by user; the deployment file may choose the Plus "
            "plan (auth.cognito.plan).",
        )
