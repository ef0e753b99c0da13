"""Composes the stacks of one deployment: the only place where they meet."""

from __future__ import annotations

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from kubeflow_aws.capacity.fit import check_capacity
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.deployment.delivery import Delivery
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.logs.auto_delete import keep_auto_delete_logs
from kubeflow_aws.network.load_balancer_subnets import load_balancer_subnets
from kubeflow_aws.network.scraper_ranges import scraper_ranges
from kubeflow_aws.rendering.metrics_access import metrics_policies
from kubeflow_aws.rendering.platform import Platform
from stacks.certificate import CertificateStack, CertificateStackProps
from stacks.cluster import ClusterStack, ClusterStackProps
from stacks.data import DataStack, DataStackProps
from stacks.delivery import DeliveryStack, DeliveryStackProps
from stacks.domain import DomainStack, DomainStackProps
from stacks.identity import IdentityStack, IdentityStackProps
from stacks.kubeflow import KubeflowStack, KubeflowStackProps, PlatformAddress
from stacks.monitoring import MonitoringStack, MonitoringStackProps
from stacks.network import NetworkStack, NetworkStackProps
from stacks.storage import StorageStack, StorageStackProps


def build(
    scope: Construct,
    deployment: Deployment,
    platform: Platform,
    account: str | None,
    *,
    file: str | None = None,
) -> None:
    """Add all stacks of a deployment to an app, or to a stage of a pipeline.

    Each stack is named after its id, which is what it is called in an app anyway; in a stage the
    CDK would put the stage's name before it, and a deployment that moves from one to the other
    would be made a second time.

    Args:
        scope: The app or the stage.
        deployment: The deployment file.
        platform: Its components, rendered.
        account: Account of the CLI, for a deployment that names none.
        file: Path of the deployment file, which errors name.

    Raises:
        UserError: The platform does not fit on the system nodes.
    """
    check_capacity(deployment, platform.components, file=file)
    env = cdk.Environment(account=deployment.account or account, region=deployment.region)
    prefix = deployment.stack_prefix
    vpc = None
    if not deployment.network.existing:
        network = NetworkStackProps(deployment=deployment, env=env)
        vpc = NetworkStack(scope, f"{prefix}Network", props=network).vpc
    cluster = ClusterStack(
        scope,
        f"{prefix}Cluster",
        props=ClusterStackProps(
            deployment=deployment,
            env=env,
            vpc=vpc,
            rendered=platform.of_stack("cluster"),
        ),
    )
    data = _data(scope, prefix, deployment, env, vpc)
    storage = _storage(
        scope,
        prefix,
        StorageStackProps(
            deployment=deployment,
            env=env,
            vpc=vpc,
            artifacts=data.artifacts if data else None,
            efs_mounting_role=cluster.efs_mounting_role,
        ),
    )
    address = _address(scope, prefix, deployment, env, vpc)
    scrapers = (
        scraper_ranges(vpc, deployment.network.existing) if deployment.monitoring.prometheus else ()
    )
    KubeflowStack(
        scope,
        f"{prefix}Platform",
        props=KubeflowStackProps(
            deployment=deployment,
            env=env,
            cluster=cluster.cluster,
            owns_cluster=cluster.owned,
            release=platform.release,
            rendered=platform.of_stack("kubeflow"),
            service_account_issuer=cluster.service_account_issuer,
            load_balancer_role=cluster.load_balancer_role,
            address=address,
            sign_in=_sign_in(scope, prefix, deployment, env, address, cluster, vpc),
            database=data.database if data else None,
            artifacts=data.artifacts if data else None,
            efs=storage.efs if storage else None,
            fsx=storage.fsx if storage else None,
            scraper_ranges=scrapers,
            # Those of the Cluster stack's components too, which are there before.
            metrics_policies=metrics_policies(platform.components, scrapers),
        ),
    )
    MonitoringStack(
        scope,
        f"{prefix}Monitoring",
        props=MonitoringStackProps(
            deployment=deployment,
            env=env,
            vpc=vpc,
            cluster=cluster.cluster,
            certificate=address.certificate if address else None,
            database=data.database if data else None,
        ),
    )
    for key, value in deployment.tags.items():
        cdk.Tags.of(scope).add(key, value)
    for child in scope.node.children:
        if isinstance(child, cdk.Stack):
            # Else a removal would take what is not protected before it stops at what is.
            child.termination_protection = deployment.is_protected
            keep_auto_delete_logs(child)


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


def _data(
    scope: Construct,
    prefix: str,
    deployment: Deployment,
    env: cdk.Environment,
    vpc: ec2.IVpc | None,
) -> DataStack | None:
    """The Data stack, if anything is kept outside of the cluster."""
    in_cluster = (Database.IN_CLUSTER, Artifacts.IN_CLUSTER)
    if (deployment.database_option, deployment.artifacts_option) == in_cluster:
        return None
    return DataStack(
        scope, f"{prefix}Data", props=DataStackProps(deployment=deployment, env=env, vpc=vpc)
    )


def _storage(scope: Construct, prefix: str, props: StorageStackProps) -> StorageStack | None:
    """The Storage stack, if there are shared file systems."""
    settings = props.deployment.storage
    if not settings.efs.enabled and not settings.fsx.enabled:
        return None
    return StorageStack(scope, f"{prefix}Storage", props=props)


def _address(
    scope: Construct,
    prefix: str,
    deployment: Deployment,
    env: cdk.Environment,
    vpc: ec2.IVpc | None,
) -> PlatformAddress | None:
    """The Domain stack, if a load balancer serves the platform."""
    if not deployment.has_load_balancer or deployment.domain is None:
        return None
    names = DomainStack(
        scope,
        f"{prefix}Domain",
        props=DomainStackProps(domain=deployment.domain, env=env),
    )
    return PlatformAddress(
        domain=deployment.domain,
        zone=names.zone,
        certificate=names.certificate,
        subnets=load_balancer_subnets(
            vpc, deployment.network.existing, internal=deployment.ingress.internal
        ),
    )


def _sign_in(
    scope: Construct,
    prefix: str,
    deployment: Deployment,
    env: cdk.Environment,
    address: PlatformAddress | None,
    cluster: ClusterStack,
    vpc: ec2.IVpc | None,
) -> SignIn | None:
    """The Identity stack, and the Certificate stack of a custom sign-in domain, for Cognito."""
    if deployment.auth_provider is not AuthProvider.COGNITO or address is None:
        return None
    certificate = None
    if deployment.auth.cognito.custom_domain:
        certificate = CertificateStack(
            scope,
            deployment.certificate_stack_name,
            props=CertificateStackProps(
                account=env.account, domain=address.domain, zone=address.zone
            ),
        ).certificate
    return IdentityStack(
        scope,
        f"{prefix}Identity",
        props=IdentityStackProps(
            deployment=deployment,
            domain=address.domain,
            env=env,
            zone=address.zone,
            certificate=certificate,
            vpc=vpc,
            cluster=cluster.cluster,
        ),
    ).sign_in
