"""What must hold between the sections of a deployment file.

Each rule raises `ValueError` with one sentence: what is wrong, and what to write instead.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from kubeflow_aws.catalog.regions import regions
from kubeflow_aws.deployment.artifacts import PROFILES_PREFIX, Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.cognito import MAX_DEFAULT_INVITATIONS, valid_prefix
from kubeflow_aws.deployment.database import Database

if TYPE_CHECKING:
    from kubeflow_aws.deployment.model import Deployment

RESERVED_NAMESPACES: Final = frozenset(
    {
        "amazon-cloudwatch",
        "auth",
        "cert-manager",
        "default",
        "istio-system",
        "knative-serving",
        "kubeflow",
        "kubeflow-system",
        "oauth2-proxy",
    }
)
"""Namespaces that upstream's manifests create or that Kubernetes has."""

MAX_PROFILES_WITH_OUR_ROLE: Final = 2400
"""A cluster takes 5,000 Pod Identity associations (EKS User Guide, "Learn how EKS Pod Identity
grants Pods access to AWS services"; believed, not tried), a profile has two, the platform some."""


def check_network(deployment: Deployment) -> None:
    """Zones lie in the region, and an existing cluster has its VPC."""
    network, cluster = deployment.network, deployment.cluster
    zones = (network.existing or network).availability_zones
    for zone in zones:
        if zone[:-1] != deployment.region:
            raise ValueError(f"availability zone {zone} is not in region {deployment.region}")
    if cluster.existing and not network.existing:
        raise ValueError(
            f"cluster.existing names {cluster.existing.name}; give its VPC under network.existing"
        )
    if deployment.monitoring.prometheus and network.existing and not network.existing.private_cidrs:
        raise ValueError(
            "network.existing.private_cidrs is empty, and monitoring.prometheus needs it; give the "
            "ranges of the private subnets, so that the pods' metrics are open to the scraper there"
        )


def check_components(deployment: Deployment) -> None:
    """No component is on without those that it stands on."""
    components = deployment.components
    if components.kserve and not components.knative:
        raise ValueError("components.kserve needs components.knative; switch both off or both on")
    if not deployment.cluster.existing:
        for name in ("cert_manager", "load_balancer_controller"):
            if not getattr(components, name):
                raise ValueError(
                    f"components.{name} is off, but a new cluster has none; "
                    "switch it off only with cluster.existing"
                )


def check_sign_in(deployment: Deployment) -> None:
    """Somebody can sign in, in the way that the provider wants."""
    match deployment.auth_provider:
        case AuthProvider.DEX:
            _check_dex(deployment)
        case AuthProvider.COGNITO:
            _check_cognito(deployment)


def check_ingress(deployment: Deployment) -> None:
    """A load balancer has a domain, subnets, and a name that Route 53 can point to it."""
    if not deployment.has_load_balancer:
        if deployment.domain:
            raise ValueError(
                f"domain.name is {deployment.domain.name}, but nothing serves it; set "
                "ingress.enabled: true, or remove domain"
            )
        return
    if deployment.domain is None:
        raise ValueError(
            "ingress.enabled needs domain.name, a subdomain of the platform's own such as "
            "platform.example.com"
        )
    if deployment.region not in regions().load_balancer_zones:
        raise ValueError(
            f"region {deployment.region}: its load balancers' hosted zone is not known, so no DNS "
            "record can point to one; add it to constructs/kubeflow_aws/catalog/regions.yaml"
        )
    existing = deployment.network.existing
    if existing and not existing.load_balancer_cidrs:
        raise ValueError(
            "network.existing.load_balancer_cidrs is empty; give the ranges of the subnets that "
            "the load balancer stands in, so that the gateway admits it and no pod"
        )
    if existing and not deployment.ingress.internal and not existing.public_subnet_ids:
        raise ValueError(
            "network.existing.public_subnet_ids is empty, and a load balancer on the internet "
            "needs them; give them, or set ingress.internal: true"
        )


def check_database(deployment: Deployment) -> None:
    """Settings of RDS only where there is RDS, and backups where they matter."""
    if deployment.database_option is not Database.RDS:
        if "rds" in deployment.model_fields_set:
            raise ValueError(
                f"rds is set, but database is {deployment.database_option}; remove it, or set "
                "database: rds"
            )
        return
    if deployment.is_production and deployment.rds.backup_retention_days == 0:
        raise ValueError(
            "rds.backup_retention_days is 0, so a lost database could not be restored; in "
            "production give 1 to 35"
        )


def check_artifacts(deployment: Deployment) -> None:
    """Settings of S3 only where there is S3, and a folder of its own for each profile."""
    profiles = deployment.profiles
    if deployment.artifacts_option is not Artifacts.S3:
        if "s3" in deployment.model_fields_set:
            raise ValueError(
                f"s3 is set, but artifacts is {deployment.artifacts_option}; remove it, or set "
                "artifacts: s3"
            )
        for profile in profiles:
            if profile.artifacts_prefix:
                raise ValueError(
                    f"profiles.{profile.name}.artifacts_prefix is set, but artifacts is "
                    f"{deployment.artifacts_option}; remove it, or set artifacts: s3"
                )
        return
    ours = sum(not profile.role_arn for profile in profiles)
    if ours > MAX_PROFILES_WITH_OUR_ROLE:
        raise ValueError(
            f"profiles names {ours} profiles without a role_arn, but with artifacts: s3 a cluster "
            f"has associations for {MAX_PROFILES_WITH_OUR_ROLE}; give the others a role_arn, or "
            "make a second deployment"
        )
    for profile in profiles:
        prefix = f"{profile.artifacts_folder}/"
        if f"{PROFILES_PREFIX}/".startswith(prefix) or (
            prefix.startswith(f"{PROFILES_PREFIX}/")
            and not prefix.startswith(f"{profile.log_folder}/")
        ):
            raise ValueError(
                f"profiles.{profile.name}.artifacts_prefix is {profile.artifacts_folder}, but "
                f"under {PROFILES_PREFIX}/ each profile has the folder of its own name alone; "
                "choose another"
            )
    outer: tuple[str, str] | None = None
    folders = sorted((f"{profile.artifacts_folder}/", profile.name) for profile in profiles)
    for folder, name in folders:
        if outer and folder.startswith(outer[0]) and name != outer[1]:
            raise ValueError(
                f"profiles.{name}.artifacts_prefix is {folder[:-1]}, which lies in "
                f"{outer[0][:-1]} of profile {outer[1]}; give each profile a folder of its own"
            )
        if not outer or not folder.startswith(outer[0]):
            outer = folder, name


def check_storage(deployment: Deployment) -> None:
    """Only what exists is linked, and profiles have room for claims on shared file systems."""
    fsx = deployment.storage.fsx
    is_linked = "link_artifacts" in fsx.model_fields_set and fsx.link_artifacts
    if is_linked and deployment.artifacts_option is not Artifacts.S3:
        raise ValueError(
            f"storage.fsx.link_artifacts is true, but artifacts is {deployment.artifacts_option}; "
            "remove it, or set artifacts: s3"
        )
    claims = deployment.storage.efs.enabled + deployment.storage.fsx.enabled
    for profile in deployment.profiles:
        volumes = profile.quota.volumes
        if volumes is not None and volumes < claims:
            raise ValueError(
                f"profiles.{profile.name}.quota.volumes is {volumes}, but every profile has "
                f"{claims} shared volumes of its own (storage.efs, storage.fsx); give more"
            )


def check_production(deployment: Deployment) -> None:
    """Nothing in production stands behind a password that upstream publishes."""
    if not deployment.is_production:
        return
    for field, value, other in (
        ("auth.provider", deployment.auth_provider, AuthProvider.COGNITO),
        ("database", deployment.database_option, Database.RDS),
        ("artifacts", deployment.artifacts_option, Artifacts.S3),
    ):
        if value is not other:
            raise ValueError(
                f"{field} is {value}, whose secrets upstream publishes; in production set "
                f"{field}: {other}, or leave environment: production out"
            )


def check_profiles(deployment: Deployment) -> None:
    """Profiles have names of their own, and only people who can sign in."""
    names = Counter(profile.name for profile in deployment.profiles)
    users = {user.email for user in deployment.auth.users} | deployment.machine_identities
    domains = {
        domain
        for provider in deployment.auth.cognito.identity_providers
        for domain in provider.domains
    }
    for profile in deployment.profiles:
        if names[profile.name] > 1:
            raise ValueError(f"profiles names {profile.name} twice; a profile is a namespace")
        for email in profile.people:
            if email not in users and email.partition("@")[2] not in domains:
                raise ValueError(
                    f"profiles.{profile.name} belongs to {email}, who is not in auth.users"
                    if email == profile.owner
                    else f"profiles.{profile.name}.contributors names {email}, who is not in "
                    "auth.users"
                )
        if profile.name in RESERVED_NAMESPACES or profile.name.startswith("kube-"):
            raise ValueError(
                f"profiles names {profile.name}, a namespace of the platform; choose another"
            )


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
