"""What must hold for sign-in, by the provider."""

from __future__ import annotations

from kubeflow_aws.catalog.regions import regions
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.cognito import MAX_DEFAULT_INVITATIONS, valid_prefix
from kubeflow_aws.deployment.model import Deployment


def check_sign_in(deployment: Deployment) -> None:
    """Somebody can sign in, in the way that the provider wants."""
    match deployment.auth_provider:
        case AuthProvider.DEX:
            _check_dex(deployment)
        case AuthProvider.COGNITO:
            _check_cognito(deployment)


def _check_dex(deployment: Deployment) -> None:
    auth = deployment.auth
    if not auth.users:
        raise ValueError(
            "auth.provider dex needs at least one entry in auth.users "
            "(./kubeflow-aws password writes a password_hash)"
        )
    if "cognito" in auth.model_fields_set:
        raise ValueError(
            "auth.cognito is set, but auth.provider is dex; remove it, or set provider: cognito"
        )
    if len(auth.users) > 100:
        raise ValueError(
            f"auth.users names {len(auth.users)} users; Dex reads at most 100 from its "
            "configuration, so take provider: cognito"
        )
    for user in auth.users:
        if user.password_hash is None:
            raise ValueError(
                f"auth.users: {user.email} has no password_hash, which Dex needs "
                "(./kubeflow-aws password writes one)"
            )


def _check_cognito(deployment: Deployment) -> None:
    auth, cognito = deployment.auth, deployment.auth.cognito
    if deployment.domain is None:
        raise ValueError(
            "auth.provider cognito needs domain.name, a subdomain of the platform's own such as "
            "platform.example.com"
        )
    if deployment.region not in regions().cognito_at_load_balancers:
        raise ValueError(
            f"region {deployment.region} is not among those whose load balancers sign users in "
            "with Cognito; take another, set auth.provider: dex, or, if AWS has brought it there "
            f"since {regions().read_on}, add the region to "
            "constructs/kubeflow_aws/catalog/regions.yaml"
        )
    if deployment.ingress.enabled is False:
        raise ValueError(
            "ingress.enabled is false, but users of Cognito sign in at the load balancer; "
            "remove it, or set auth.provider: dex"
        )
    for user in auth.users:
        if user.password_hash is not None:
            raise ValueError(
                f"auth.users: {user.email} has a password_hash, but Cognito lets users choose "
                "their passwords; remove it"
            )
    if len(auth.users) > MAX_DEFAULT_INVITATIONS and cognito.sender is None:
        raise ValueError(
            f"auth.users names {len(auth.users)} users; Cognito itself sends "
            f"{MAX_DEFAULT_INVITATIONS} invitations a day, so give auth.cognito.sender"
        )
    if cognito.custom_domain and cognito.domain_prefix:
        raise ValueError(
            "auth.cognito: custom_domain and domain_prefix are two ways to name the sign-in page; "
            "remove one"
        )
    if not cognito.domain_prefix and not cognito.custom_domain:
        try:
            valid_prefix(deployment.sign_in_prefix)
        except ValueError as error:
            raise ValueError(
                f"auth.cognito.domain_prefix: made from domain.name, {error}; give one"
            ) from None
