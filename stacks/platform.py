"""The Platform stack: every component of the platform, applied to the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.applying.applied_component import AppliedComponentProps
from kubeflow_aws.applying.components import Components, ComponentsProps
from kubeflow_aws.applying.in_lane import apply_in_lane
from kubeflow_aws.applying.lanes import Lanes, Work
from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.database.connection import DatabaseConnection
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.lasting import LASTING_KEY, lasting_values
from kubeflow_aws.identity.sign_in import SignIn
from kubeflow_aws.ingress.address import PlatformAddress
from kubeflow_aws.ingress.alias_records import AliasRecords, AliasRecordsProps
from kubeflow_aws.ingress.load_balancer import LoadBalancer, LoadBalancerProps
from kubeflow_aws.ingress.user_pool_access import UserPoolAccess, UserPoolAccessProps
from kubeflow_aws.kubeflow.cognito import cognito_values
from kubeflow_aws.kubeflow.data_access import DataAccess, DataAccessProps
from kubeflow_aws.kubeflow.dex import dex_values
from kubeflow_aws.kubeflow.storage_access import StorageAccess, StorageAccessProps
from kubeflow_aws.objects.kubernetes_object import KubernetesObject
from kubeflow_aws.objects.placeholders import Placeholder, Value
from kubeflow_aws.profiles.applied import AppliedProfilesProps, apply_profiles
from kubeflow_aws.rendering.packs import Pack, Phase
from kubeflow_aws.rendering.render import Rendered
from kubeflow_aws.storage.file_systems import EfsVolumes, FsxVolumes
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class PlatformStackProps:
    """What `PlatformStack` takes from the deployment file and from other stacks.

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


class PlatformStack(NamedStack):
    """Applies Kubeflow, then the profiles of the deployment file."""

    components: Components

    def __init__(self, scope: Construct, construct_id: str, *, props: PlatformStackProps) -> None:
        super().__init__(
            scope, construct_id, env=props.env, holds="the platform's Kubernetes objects"
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
        apply_profiles(
            self,
            AppliedProfilesProps(
                deployment=props.deployment,
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                components=self.components.applied,
                artifacts=props.artifacts,
                fsx=props.fsx,
                scraper_ranges=props.scraper_ranges,
                lanes=self._lanes,
            ),
        )
        if props.metrics_policies:
            self._admit_scraper(props)
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

    def _admit_scraper(self, props: PlatformStackProps) -> None:
        pack = Pack(
            component="metrics",
            phase=Phase.WORKLOADS,
            number=1,
            objects=list(props.metrics_policies),
        )
        apply_in_lane(
            self,
            "Metrics",
            props=AppliedComponentProps(
                cluster=props.cluster, owns_cluster=props.owns_cluster, packs=[pack]
            ),
            after=list(self.components.applied.values()),
            lanes=self._lanes,
        )

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
        self, address: PlatformAddress, balancer: LoadBalancer, props: PlatformStackProps
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


def _notebook_values(deployment: Deployment) -> Mapping[Placeholder, Value]:
    if not deployment.components.notebooks:
        return {}
    culling = deployment.notebooks.culling
    return {
        Placeholder.CULLING_ENABLED: str(culling.is_on).lower(),
        Placeholder.CULLING_IDLE_MINUTES: str(culling.idle_minutes),
        Placeholder.CULLING_CHECK_MINUTES: str(culling.check_minutes),
    }


def _sign_in_values(props: PlatformStackProps) -> Mapping[Placeholder, Value]:
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
