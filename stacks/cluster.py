"""The Cluster stack: EKS, nodes, add-ons, and the services every workload leans on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct, IDependable

from kubeflow_aws.applying.components import Components, ComponentsProps
from kubeflow_aws.applying.lanes import Lanes
from kubeflow_aws.catalog.instance_types import SIZES, UNLISTED
from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.cluster.addons import AddonsProps, NodeAddons, PodAddons, SecretsStoreAddon
from kubeflow_aws.cluster.autoscaling import Autoscaling, AutoscalingProps
from kubeflow_aws.cluster.cluster import (
    ImportedCluster,
    ImportedClusterProps,
    KubeflowCluster,
    KubeflowClusterProps,
)
from kubeflow_aws.cluster.load_balancer_controller_role import (
    LoadBalancerControllerRole,
    LoadBalancerControllerRoleProps,
)
from kubeflow_aws.cluster.node_groups import SystemNodeGroup, SystemNodeGroupProps
from kubeflow_aws.cluster.node_pools import KubeflowNodePools, NodePoolsProps
from kubeflow_aws.cluster.observability import Observability, ObservabilityProps
from kubeflow_aws.cluster.storage_addons import (
    EfsCsiAddon,
    FsxCsiAddon,
    efs_mounting_role,
)
from kubeflow_aws.cluster.storage_class import default_storage_class
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.cluster import ExistingCluster
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.network.place import Place
from kubeflow_aws.objects.placeholders import Placeholder
from kubeflow_aws.rendering.render import Rendered
from stacks.named import NamedStack


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterStackProps:
    """What `ClusterStack` takes from the deployment file and from the Network stack.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        network: Network of the cluster.
        rendered: The components that belong to the cluster rather than to Kubeflow.
    """

    deployment: Deployment
    env: cdk.Environment
    network: Place
    rendered: Sequence[Rendered]


class ClusterStack(NamedStack):
    """Holds the cluster; the Platform stack takes `cluster` from here.

    cert-manager, the AWS Load Balancer Controller and Karpenter live here too: they must outlive
    everything that uses a certificate, an Ingress or a node.
    """

    cluster: eks.ICluster
    owned: bool
    service_account_issuer: str | None
    load_balancer_role: iam.IRole | None
    efs_mounting_role: iam.IRole | None

    def __init__(self, scope: Construct, construct_id: str, *, props: ClusterStackProps) -> None:
        super().__init__(scope, construct_id, env=props.env, holds="EKS cluster")
        if unlisted := props.deployment.cluster.unlisted_instance_types:
            self.template_options.metadata = {
                UNLISTED: SIZES.dump_python(unlisted, exclude_unset=True)
            }
        existing = props.deployment.cluster.existing
        self.owned = existing is None
        self._autoscaling: Autoscaling | None = None
        self.efs_mounting_role = None
        vpc = props.network.vpc_in(self)
        ready = self._import(existing, vpc, props) if existing else self._create(vpc, props)
        values: dict[Placeholder, str] = {}
        self.load_balancer_role = None
        if self._autoscaling:
            ready = [*ready, self._autoscaling]
            values |= self._autoscaling.values
        if props.deployment.components.load_balancer_controller:
            role = LoadBalancerControllerRole(
                self,
                "LoadBalancerControllerRole",
                props=LoadBalancerControllerRoleProps(cluster=self.cluster, vpc_id=vpc.vpc_id),
            )
            self.load_balancer_role = role.pod_role.role
            ready = [*ready, role]
            values |= {
                Placeholder.CLUSTER_NAME: self.cluster.cluster_name,
                Placeholder.REGION: self.region,
                Placeholder.VPC_ID: vpc.vpc_id,
            }
        lanes = Lanes()
        services = Components(
            self,
            "Services",
            props=ComponentsProps(
                cluster=self.cluster,
                owns_cluster=self.owned,
                rendered=props.rendered,
                values=values,
                lanes=lanes,
                after=ready,
            ),
        )
        if self._autoscaling:
            karpenter = services.applied["karpenter"]
            node_pools = KubeflowNodePools(
                self,
                "NodePools",
                props=NodePoolsProps(
                    cluster=self.cluster,
                    pools=props.deployment.cluster.node_pools.named(),
                    instance_profile=self._autoscaling.instance_profile,
                    subnet_ids=[subnet.subnet_id for subnet in vpc.private_subnets],
                    tags=props.deployment.tags,
                    after=[karpenter],
                ),
            )
            lanes.add(node_pools, node_pools.work, after=[karpenter])
        lanes.assign()
        cdk.CfnOutput(
            self,
            "KubeconfigCommand",
            description="Lets kubectl reach the cluster",
            value=f"aws eks update-kubeconfig --region {self.region} "
            f"--name {self.cluster.cluster_name}",
        )

    def _create(self, vpc: ec2.IVpc, props: ClusterStackProps) -> Sequence[IDependable]:
        deployment = props.deployment
        version = kubernetes_versions()[deployment.cluster.kubernetes_version]
        if version.addons is None:
            raise ValueError(f"EKS creates no cluster of Kubernetes {version.minor}")
        control_plane = KubeflowCluster(
            self,
            "ControlPlane",
            props=KubeflowClusterProps(
                name=deployment.name,
                version=version,
                vpc=vpc,
                public_access_cidrs=deployment.cluster.public_access_cidrs,
                admin_role_arns=deployment.cluster.admin_role_arns,
                production=deployment.is_production,
                protected=deployment.is_protected,
            ),
        )
        self.cluster = control_plane.cluster
        self.service_account_issuer = control_plane.service_account_issuer
        node_addons = NodeAddons(
            self,
            "NodeAddons",
            props=AddonsProps(cluster=self.cluster, versions=version.addons),
        )
        nodes = SystemNodeGroup(
            self,
            "Nodes",
            props=SystemNodeGroupProps(
                cluster=self.cluster,
                kubernetes_version=deployment.cluster.kubernetes_version,
                nodes=deployment.cluster.system_nodes,
                production=deployment.is_production,
            ),
        )
        nodes.node.add_dependency(node_addons)
        self._autoscaling = Autoscaling(
            self,
            "Autoscaling",
            props=AutoscalingProps(
                cluster=self.cluster,
                name=deployment.name,
                vpc_id=vpc.vpc_id,
                node_role=nodes.role,
            ),
        )
        addons = self._create_pod_addons(
            deployment,
            AddonsProps(cluster=self.cluster, versions=version.addons, after=[nodes.group]),
        )
        return [addons, nodes.group, default_storage_class(self, self.cluster)]

    def _create_pod_addons(self, deployment: Deployment, props: AddonsProps) -> PodAddons:
        if deployment.database_option is Database.RDS:
            SecretsStoreAddon(self, "SecretsStore", props=props)
        if deployment.storage.efs.enabled:
            self.efs_mounting_role = EfsCsiAddon(self, "EfsCsi", props=props).mounting_role
        if deployment.storage.fsx.enabled:
            FsxCsiAddon(self, "FsxCsi", props=props)
        if deployment.monitoring.container_insights:
            Observability(
                self,
                "Observability",
                props=ObservabilityProps(
                    addon=props, name=deployment.name, production=deployment.is_production
                ),
            )
        return PodAddons(self, "PodAddons", props=props)

    def _import(
        self, existing: ExistingCluster, vpc: ec2.IVpc, props: ClusterStackProps
    ) -> Sequence[IDependable]:
        imported = ImportedCluster(
            self,
            "ControlPlane",
            props=ImportedClusterProps(
                existing=existing,
                version=kubernetes_versions()[props.deployment.cluster.kubernetes_version],
                vpc=vpc,
                production=props.deployment.is_production,
            ),
        )
        self.cluster = imported.cluster
        if props.deployment.storage.efs.enabled:
            mounting = efs_mounting_role(self, "EfsMountingRole", cluster=self.cluster)
            self.efs_mounting_role = mounting.role
        self.service_account_issuer = existing.oidc_issuer
        return [imported.access]
