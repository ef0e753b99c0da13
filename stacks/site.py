"""The stacks of one deployment: whether each is there, and what it takes from the others."""

from __future__ import annotations

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from constructs import Construct

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.ingress.address import PlatformAddress
from kubeflow_aws.logs.auto_delete import keep_auto_delete_logs
from kubeflow_aws.network.place import ExistingPlace, OwnPlace, Place
from kubeflow_aws.rendering.metrics_access import metrics_policies
from kubeflow_aws.rendering.platform import Platform
from stacks.certificate import CertificateStack, CertificateStackProps
from stacks.cluster import ClusterStack, ClusterStackProps
from stacks.data import DataStack, DataStackProps
from stacks.domain import DomainStack, DomainStackProps
from stacks.identity import IdentityStack, IdentityStackProps
from stacks.monitoring import MonitoringStack, MonitoringStackProps
from stacks.network import NetworkStack, NetworkStackProps
from stacks.platform import PlatformStack, PlatformStackProps
from stacks.storage import StorageStack, StorageStackProps


class Site:
    """Makes the stacks of a deployment, one a method, named as in docs/architecture.md.

    `network` is always there, whoever owns the VPC; what else is None is not in the deployment.
    """

    def __init__(
        self,
        scope: Construct,
        deployment: Deployment,
        platform: Platform,
        *,
        account: str | None,
    ) -> None:
        self._scope = scope
        self._deployment = deployment
        self._rendered = platform
        self._prefix = deployment.stack_prefix
        self._env = cdk.Environment(account=deployment.account or account, region=deployment.region)

    def network(self) -> Place:
        """The Network stack, unless the VPC exists already."""
        if existing := self._deployment.network.existing:
            return ExistingPlace(existing=existing)
        props = NetworkStackProps(deployment=self._deployment, env=self._env)
        return OwnPlace(vpc=NetworkStack(self._scope, f"{self._prefix}Network", props=props).vpc)

    def cluster(self, network: Place) -> ClusterStack:
        """The Cluster stack, for an existing cluster too."""
        return ClusterStack(
            self._scope,
            f"{self._prefix}Cluster",
            props=ClusterStackProps(
                deployment=self._deployment,
                env=self._env,
                network=network,
                rendered=self._rendered.of_stack("cluster"),
            ),
        )

    def data(self, network: Place) -> DataStack | None:
        """The Data stack, if anything is kept outside of the cluster."""
        options = (self._deployment.database_option, self._deployment.artifacts_option)
        if options == (Database.IN_CLUSTER, Artifacts.IN_CLUSTER):
            return None
        return DataStack(
            self._scope,
            f"{self._prefix}Data",
            props=DataStackProps(deployment=self._deployment, env=self._env, network=network),
        )

    def storage(
        self, network: Place, cluster: ClusterStack, data: DataStack | None
    ) -> StorageStack | None:
        """The Storage stack, if there are shared file systems."""
        settings = self._deployment.storage
        if not settings.efs.enabled and not settings.fsx.enabled:
            return None
        return StorageStack(
            self._scope,
            f"{self._prefix}Storage",
            props=StorageStackProps(
                deployment=self._deployment,
                env=self._env,
                network=network,
                artifacts=data.artifacts if data else None,
                efs_mounting_role=cluster.efs_mounting_role,
            ),
        )

    def domain(self, network: Place) -> PlatformAddress | None:
        """The Domain stack, if a load balancer serves the platform."""
        deployment = self._deployment
        if not deployment.has_load_balancer or deployment.domain is None:
            return None
        names = DomainStack(
            self._scope,
            f"{self._prefix}Domain",
            props=DomainStackProps(domain=deployment.domain, env=self._env),
        )
        return PlatformAddress(
            domain=deployment.domain,
            zone=names.zone,
            certificate=names.certificate,
            subnets=network.load_balancer_subnets(internal=deployment.ingress.internal),
        )

    def certificate(self, domain: PlatformAddress | None) -> acm.ICertificate | None:
        """The Certificate stack, if Cognito's page has a name of the deployment's."""
        if not self._has_user_pool or domain is None:
            return None
        if not self._deployment.auth.cognito.custom_domain:
            return None
        return CertificateStack(
            self._scope,
            self._deployment.certificate_stack_name,
            props=CertificateStackProps(
                account=self._env.account, domain=domain.domain, zone=domain.zone
            ),
        ).certificate

    def identity(
        self,
        network: Place,
        cluster: ClusterStack,
        domain: PlatformAddress | None,
        certificate: acm.ICertificate | None,
    ) -> SignIn | None:
        """The Identity stack, if people sign in with Cognito."""
        if not self._has_user_pool or domain is None:
            return None
        return IdentityStack(
            self._scope,
            f"{self._prefix}Identity",
            props=IdentityStackProps(
                deployment=self._deployment,
                domain=domain.domain,
                env=self._env,
                zone=domain.zone,
                certificate=certificate,
                network=network,
                cluster=cluster.cluster,
            ),
        ).sign_in

    def platform(  # it takes something from every other stack
        self,
        network: Place,
        cluster: ClusterStack,
        data: DataStack | None,
        storage: StorageStack | None,
        domain: PlatformAddress | None,
        identity: SignIn | None,
    ) -> None:
        """The Platform stack."""
        scrapers = network.private_ranges() if self._deployment.monitoring.prometheus else ()
        PlatformStack(
            self._scope,
            f"{self._prefix}Platform",
            props=PlatformStackProps(
                deployment=self._deployment,
                env=self._env,
                cluster=cluster.cluster,
                owns_cluster=cluster.owned,
                release=self._rendered.release,
                rendered=self._rendered.of_stack("platform"),
                service_account_issuer=cluster.service_account_issuer,
                load_balancer_role=cluster.load_balancer_role,
                address=domain,
                sign_in=identity,
                database=data.database if data else None,
                artifacts=data.artifacts if data else None,
                efs=storage.efs if storage else None,
                fsx=storage.fsx if storage else None,
                scraper_ranges=scrapers,
                # Those of the Cluster stack's components too, which are there before.
                metrics_policies=metrics_policies(self._rendered.components, scrapers),
            ),
        )

    def monitoring(
        self,
        network: Place,
        cluster: ClusterStack,
        data: DataStack | None,
        domain: PlatformAddress | None,
    ) -> None:
        """The Monitoring stack."""
        MonitoringStack(
            self._scope,
            f"{self._prefix}Monitoring",
            props=MonitoringStackProps(
                deployment=self._deployment,
                env=self._env,
                network=network,
                cluster=cluster.cluster,
                certificate=domain.certificate if domain else None,
                database=data.database if data else None,
            ),
        )

    def finish(self) -> None:
        """Tag and protect all of them, and keep the logs of what empties their buckets."""
        for key, value in self._deployment.tags.items():
            cdk.Tags.of(self._scope).add(key, value)
        for child in self._scope.node.children:
            if isinstance(child, cdk.Stack):
                # Else a removal would take what is not protected before it stops at what is.
                child.termination_protection = self._deployment.is_protected
                keep_auto_delete_logs(child)

    @property
    def _has_user_pool(self) -> bool:
        return self._deployment.auth_provider is AuthProvider.COGNITO
