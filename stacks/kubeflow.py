"""The Kubeflow stack: every component of the platform, applied to the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_route53 as route53
from constructs import Construct, IDependable

from kubeflow_aws.applying.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.applying.components import Components, ComponentsProps
from kubeflow_aws.applying.lanes import Lanes, Work
from kubeflow_aws.artifacts.profile_roles import ProfileRoles, ProfileRolesProps
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.database.connection import DatabaseConnection
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.domain import Domain
from kubeflow_aws.deployment.lasting import LASTING_KEY, lasting_values
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.ingress.alias_records import AliasRecords, AliasRecordsProps
from kubeflow_aws.ingress.load_balancer import LoadBalancer, LoadBalancerProps
from kubeflow_aws.ingress.user_pool_access import UserPoolAccess, UserPoolAccessProps
from kubeflow_aws.kubeflow.cognito import cognito_values
from kubeflow_aws.kubeflow.data_access import DataAccess, DataAccessProps
from kubeflow_aws.kubeflow.dex import dex_values
from kubeflow_aws.kubeflow.storage_access import StorageAccess, StorageAccessProps
from kubeflow_aws.network.load_balancer_subnets import LoadBalancerSubnets
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.objects.placeholders import Placeholder, Value
from kubeflow_aws.profiles.contributor_groups import group_packs
from kubeflow_aws.profiles.folders import ProfileFolders, ProfileFoldersProps
from kubeflow_aws.profiles.pod_defaults import PodDefaults
from kubeflow_aws.profiles.profiles import contributor_packs, profile_packs
from kubeflow_aws.profiles.volumes import ProfileVolumes
from kubeflow_aws.rendering.packs import Pack, Phase
from kubeflow_aws.rendering.platform import image_names
from kubeflow_aws.rendering.render import Rendered
from kubeflow_aws.storage.file_systems import EfsVolumes, FsxVolumes


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformAddress:
    """Where the platform is reached, if a load balancer serves it.

    Attributes:
        domain: Its names.
        zone: Zone of the names.
        certificate: Certificate of the names.
        subnets: Where the load balancer stands.
    """

    domain: Domain
    zone: route53.IHostedZone
    certificate: acm.ICertificate
    subnets: LoadBalancerSubnets


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowStackProps:
    """What `KubeflowStack` takes from the deployment file and from other stacks.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        cluster: The cluster to apply to.
        owns_cluster: Whether this application also deletes the cluster.
        release: Kubeflow's release.
        rendered: The components to apply.
        service_account_issuer: Issuer of the cluster's service accounts, if it is known.
        load_balancer_role: Role of the AWS Load Balancer Controller, if it is this application's.
        address: Where the platform is reached; by a port-forward only if there is none.
        sign_in: The user pool, for sign-in with Cognito.
        database: The metadata database in RDS, if there is one.
        artifacts: The bucket of artifacts, if there is one.
        efs: The shared file system in EFS, if there is one.
        fsx: The shared file system in FSx, if there is one.
        scraper_ranges: Where Prometheus' scraper stands, if there is one.
        metrics_policies: What lets it reach the platform's pods.
    """

    deployment: Deployment
    env: cdk.Environment
    cluster: eks.ICluster
    owns_cluster: bool
    release: str
    rendered: Sequence[Rendered]
    service_account_issuer: str | None
    load_balancer_role: iam.IRole | None
    address: PlatformAddress | None
    sign_in: SignIn | None
    database: DatabaseConnection | None
    artifacts: ArtifactStore | None
    efs: EfsVolumes | None
    fsx: FsxVolumes | None
    scraper_ranges: tuple[str, ...]
    metrics_policies: Sequence[KubernetesObject]


class KubeflowStack(cdk.Stack):
    """Applies Kubeflow, then the profiles of the deployment file."""

    components: Components

    def __init__(self, scope: Construct, construct_id: str, *, props: KubeflowStackProps) -> None:
        super().__init__(
            scope,
            construct_id,
            stack_name=construct_id,
            env=props.env,
            description="Kubeflow on AWS: the platform's Kubernetes objects",
        )
        # `make plan` compares it: nobody else knows what is deployed.
        self.template_options.metadata = {LASTING_KEY: dict(lasting_values(props.deployment))}
        data_access = DataAccess(
            self,
            "DataAccess",
            props=DataAccessProps(
                deployment=props.deployment,
                cluster=props.cluster,
                database=props.database,
                artifacts=props.artifacts,
            ),
        )
        storage_access = StorageAccess(
            self,
            "StorageAccess",
            props=StorageAccessProps(
                cluster=props.cluster,
                settings=props.deployment.storage,
                efs=props.efs,
                fsx=props.fsx,
            ),
        )
        address = props.address
        balancer = self._prepare_load_balancer(address, props.deployment) if address else None
        self._lanes = Lanes()
        self.components = Components(
            self,
            "Components",
            props=ComponentsProps(
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                rendered=props.rendered,
                lanes=self._lanes,
                values={
                    **_sign_in_values(props),
                    **data_access.values,
                    **storage_access.values,
                    **_notebook_values(props.deployment),
                    **(balancer.values if balancer else {}),
                },
            ),
        )
        for name in ("database", "pipelines", "katib"):
            if component := self.components.applied.get(name):
                component.node.add_dependency(data_access)
        for name in ("efs", "fsx"):
            if component := self.components.applied.get(name):
                component.node.add_dependency(storage_access)
        self._create_profiles(props)
        if props.metrics_policies:
            pack = Pack(
                component="metrics",
                phase=Phase.WORKLOADS,
                number=1,
                objects=list(props.metrics_policies),
            )
            self._apply("Metrics", [pack], list(self.components.applied.values()), props)
        cdk.CfnOutput(
            self,
            "KubeflowRelease",
            description="Kubeflow's release, which `make plan` compares with a new one",
            value=props.release,
        )
        if address and balancer:
            self._publish(address, balancer, props)
        else:
            cdk.CfnOutput(
                self,
                "PortForwardCommand",
                description="Opens the dashboard on http://localhost:8080 (docs/options)",
                value="kubectl port-forward -n istio-system service/istio-ingressgateway 8080:80",
            )
        self._lanes.assign()

    def _prepare_load_balancer(
        self, address: PlatformAddress, deployment: Deployment
    ) -> LoadBalancer:
        return LoadBalancer(
            self,
            "LoadBalancer",
            props=LoadBalancerProps(
                name=deployment.name,
                settings=deployment.ingress,
                domain=address.domain,
                certificate=address.certificate,
                subnets=address.subnets,
                production=deployment.is_production,
            ),
        )

    def _publish(
        self, address: PlatformAddress, balancer: LoadBalancer, props: KubeflowStackProps
    ) -> None:
        ingress = self.components.applied["ingress"]
        # The load balancer tries to write a log as soon as it is told where.
        ingress.node.add_dependency(balancer)
        if props.sign_in and props.load_balancer_role:
            ingress.node.add_dependency(
                UserPoolAccess(
                    self,
                    "UserPoolAccess",
                    props=UserPoolAccessProps(
                        controller_role=props.load_balancer_role,
                        user_pool_arn=props.sign_in.user_pool_arn,
                    ),
                )
            )
        names = AliasRecords(
            self,
            "Names",
            props=AliasRecordsProps(
                cluster=props.cluster,
                namespace="istio-system",
                ingress="kubeflow",
                internal=props.deployment.ingress.internal,
                region=props.deployment.region,
                zone=address.zone,
                names=[address.domain.host, address.domain.wildcard],
                after=[ingress],
            ),
        )
        self._lanes.add(names, Work(width=1, steps=1), after=[ingress])
        cdk.CfnOutput(
            self,
            "Dashboard",
            description="Kubeflow's dashboard",
            value=f"https://{address.domain.host}",
        )

    def _create_profiles(self, props: KubeflowStackProps) -> None:
        profiles = props.deployment.profiles
        if not profiles:
            return
        # The profile controller is part of this one.
        before: list[IDependable] = [self.components.applied["kubeflow"]]
        if props.artifacts:
            before.append(self._create_profile_roles(props.artifacts, props))
        components = self.components.applied
        storage = [components[name] for name in ("efs", "fsx") if name in components]
        if props.fsx:
            folders = self._create_profile_folders(props.fsx, props)
            # Nothing mounts a file system that is not open yet.
            folders.node.add_dependency(*storage)
            self._lanes.add(folders, folders.work, after=storage)
            before.append(folders)
        before += storage
        efs = props.deployment.storage.efs
        packs = profile_packs(
            profiles,
            ProfileVolumes(efs_class=efs.storage_class if efs.enabled else None, fsx=props.fsx),
            PodDefaults(
                pipelines=props.deployment.components.pipelines,
                artifacts_bucket=props.artifacts.bucket_name if props.artifacts else None,
                region=props.deployment.region,
            ),
            scraper_ranges=props.scraper_ranges,
        )
        applied = [
            self._apply(f"Profiles{number}", packs[number], before, props) for number in packs
        ]
        for number, people in contributor_packs(profiles).items():
            self._apply(f"Contributors{number}", people, applied, props)
        if groups := group_packs(profiles):
            self._apply("Groups", groups, applied, props)

    def _create_profile_folders(
        self, fsx: FsxVolumes, props: KubeflowStackProps
    ) -> AppliedComponent:
        return ProfileFolders(
            self,
            "ProfileFolders",
            props=ProfileFoldersProps(
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                fsx=fsx,
                profiles=[profile.name for profile in props.deployment.profiles],
                images=image_names(props.deployment),
            ),
        ).applied

    def _create_profile_roles(
        self, artifacts: ArtifactStore, props: KubeflowStackProps
    ) -> ProfileRoles:
        return ProfileRoles(
            self,
            "ProfileRoles",
            props=ProfileRolesProps(
                cluster=props.cluster,
                store=artifacts,
                region=props.deployment.region,
                profiles=props.deployment.profiles,
            ),
        )

    def _apply(
        self,
        construct_id: str,
        packs: Sequence[Pack],
        after: Sequence[IDependable],
        props: KubeflowStackProps,
    ) -> AppliedComponent:
        applied = AppliedComponent(
            self,
            construct_id,
            props=AppliedComponentProps(
                cluster=props.cluster, owns_cluster=props.owns_cluster, packs=packs
            ),
        )
        applied.node.add_dependency(*after)
        self._lanes.add(applied, applied.work, after=after)
        return applied


def _notebook_values(deployment: Deployment) -> Mapping[Placeholder, Value]:
    if not deployment.components.notebooks:
        return {}
    culling = deployment.notebooks.culling
    return {
        Placeholder.CULLING_ENABLED: str(culling.is_on).lower(),
        Placeholder.CULLING_IDLE_MINUTES: str(culling.idle_minutes),
        Placeholder.CULLING_CHECK_MINUTES: str(culling.check_minutes),
    }


def _sign_in_values(props: KubeflowStackProps) -> Mapping[Placeholder, Value]:
    match props.deployment.auth_provider:
        case AuthProvider.DEX:
            return dex_values(props.deployment.auth.users)
        case AuthProvider.COGNITO:
            if props.sign_in is None or props.address is None:
                raise ValueError("sign-in with Cognito needs a user pool and an address")
            return cognito_values(
                props.sign_in,
                host=props.address.domain.host,
                service_account_issuer=props.service_account_issuer,
            )
