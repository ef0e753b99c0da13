"""The EKS control plane: created, or imported with a kubectl handler of our own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from constructs import Construct

from kubeflow_aws.catalog.kubernetes_versions import KubernetesVersion
from kubeflow_aws.checks.acknowledge import acknowledge, acknowledge_managed_policy
from kubeflow_aws.cluster.kubectl import finish_kubectl_provider, kubectl_options
from kubeflow_aws.deployment.cluster import ExistingCluster
from kubeflow_aws.logs.group import (
    EncryptedLogGroup,
    EncryptedLogGroupProps,
    kept_in_production,
    log_retention,
)

CONTROL_PLANE_LOGS: Final = [
    eks.ClusterLoggingTypes.API,
    eks.ClusterLoggingTypes.AUDIT,
    eks.ClusterLoggingTypes.AUTHENTICATOR,
    eks.ClusterLoggingTypes.CONTROLLER_MANAGER,
    eks.ClusterLoggingTypes.SCHEDULER,
]
"""All there are (EKS User Guide, "Send control plane logs to CloudWatch Logs")."""


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowClusterProps:
    """Inputs of `KubeflowCluster`.

    Attributes:
        name: The cluster's name.
        version: Row of the table of Kubernetes versions.
        vpc: Network of the control plane's interfaces and of the kubectl handler.
        public_access_cidrs: Ranges that may reach the API server from the internet.
        admin_role_arns: IAM roles that get cluster-admin by access entries.
        production: Whether to keep the cluster's logs and keys when the stack goes.
        protected: Whether AWS refuses to delete the cluster.
    """

    name: str
    version: KubernetesVersion
    vpc: ec2.IVpc
    public_access_cidrs: Sequence[str]
    admin_role_arns: Sequence[str]
    production: bool
    protected: bool


class KubeflowCluster(Construct):
    """A cluster with encrypted secrets, complete logs and access entries only.

    Nodes and add-ons are not part of it: see `SystemNodeGroup`, `NodeAddons` and `PodAddons`.
    """

    cluster: eks.ICluster
    service_account_issuer: str

    def __init__(self, scope: Construct, construct_id: str, *, props: KubeflowClusterProps) -> None:
        super().__init__(scope, construct_id)
        logs_group = self._create_log_group(props)
        cluster = eks.Cluster(
            self,
            "Cluster",
            cluster_name=props.name,
            version=eks.KubernetesVersion.of(props.version.minor),
            vpc=props.vpc,
            vpc_subnets=[ec2.SubnetSelection(subnet_type=ec2.SubnetType.PRIVATE_WITH_EGRESS)],
            endpoint_access=_endpoint_access(props.public_access_cidrs),
            cluster_logging=CONTROL_PLANE_LOGS,
            secrets_encryption_key=kms.Key(
                self,
                "SecretsKey",
                enable_key_rotation=True,
                removal_policy=kept_in_production(production=props.production),
            ),
            bootstrap_cluster_creator_admin_permissions=False,
            # The add-ons are managed ones with pinned versions.
            bootstrap_self_managed_addons=False,
            default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
            default_capacity=0,
            output_config_command=False,
            prune=False,
            kubectl_provider_options=kubectl_options(
                self, props.name, props.version, list(props.vpc.private_subnets)
            ),
        )
        cluster.node.add_dependency(logs_group)
        # jsii gives the class one attribute less than its interface has.
        self.cluster = cast("eks.ICluster", cluster)
        resource = cast("eks.CfnCluster", cluster.node.default_child)
        resource.deletion_protection = props.protected
        provider = cast("Construct", cluster.node.find_child("KubectlProvider"))
        finish_kubectl_provider(
            self,
            provider,
            props.version,
            log_group=_handler_logs(self, production=props.production),
        )
        _acknowledge_control_plane_role(cluster.role)
        acknowledge(
            cluster,
            finding="Annotation::@aws-cdk/aws-eks:clusterMustManuallyTagSubnet",
            reason="Subnets of an existing VPC are their owner's to tag "
            "(docs/options/existing.md).",
        )
        for role_arn in dict.fromkeys(props.admin_role_arns):
            account, _, role = role_arn.partition("::")[2].partition(":role/")
            # Two accounts may each have a role of this name.
            cluster.grant_cluster_admin(f"Admin-{account}-{role}", role_arn)
        self.service_account_issuer = cluster.cluster_open_id_connect_issuer_url
        eks.OidcProviderNative(self, "OidcProvider", url=self.service_account_issuer)

    def _create_log_group(self, props: KubeflowClusterProps) -> EncryptedLogGroup:
        """EKS writes to this name; created first, it has our key and retention."""
        return EncryptedLogGroup(
            self,
            "Logs",
            props=EncryptedLogGroupProps(
                name=f"/aws/eks/{props.name}/cluster",
                retention=log_retention(production=props.production),
                removal_policy=kept_in_production(production=props.production),
            ),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportedClusterProps:
    """Inputs of `ImportedCluster`.

    Attributes:
        existing: Name and security group.
        version: Decides the kubectl layer.
        vpc: The cluster's own VPC.
        production: Whether to keep the handler's logs when the stack goes.
    """

    existing: ExistingCluster
    version: KubernetesVersion
    vpc: ec2.IVpc
    production: bool


class ImportedCluster(Construct):
    """A cluster that somebody else owns, with a kubectl handler that may administer it.

    Nothing may be applied before `access` exists.
    """

    cluster: eks.ICluster
    access: eks.AccessEntry

    def __init__(self, scope: Construct, construct_id: str, *, props: ImportedClusterProps) -> None:
        super().__init__(scope, construct_id)
        # An imported cluster learns of its handler when it is imported, and the handler needs the
        # cluster's ARN first: hence two imports.
        bare = self._import("Bare", props, None)
        options = kubectl_options(
            self, props.existing.name, props.version, list(props.vpc.private_subnets)
        )
        provider = eks.KubectlProvider(
            self,
            "KubectlProvider",
            cluster=bare,
            kubectl_layer=options.kubectl_layer,
            private_subnets=options.private_subnets,
            role=options.role,
            environment=options.environment,
        )
        finish_kubectl_provider(
            self,
            provider,
            props.version,
            log_group=_handler_logs(self, production=props.production),
        )
        self.access = eks.AccessEntry(
            self,
            "KubectlAccess",
            cluster=bare,
            principal=cast("iam.IRole", provider.role).role_arn,
            access_policies=[
                eks.AccessPolicy.from_access_policy_name(
                    "AmazonEKSClusterAdminPolicy", access_scope_type=eks.AccessScopeType.CLUSTER
                )
            ],
        )
        self.cluster = self._import("Cluster", props, provider)

    def _import(
        self, construct_id: str, props: ImportedClusterProps, provider: eks.KubectlProvider | None
    ) -> eks.ICluster:
        return eks.Cluster.from_cluster_attributes(
            self,
            construct_id,
            cluster_name=props.existing.name,
            cluster_security_group_id=props.existing.security_group_id,
            vpc=props.vpc,
            kubectl_provider=provider,
            prune=False,
        )


def _acknowledge_control_plane_role(role: iam.IRole) -> None:
    acknowledge_managed_policy(
        role,
        policy="AmazonEKSClusterPolicy",
        reason="The policy that EKS documents for the control plane; AWS extends it with new "
        "Kubernetes versions, which a copy of it would miss.",
    )


def _endpoint_access(public_access_cidrs: Sequence[str]) -> eks.EndpointAccess:
    if not public_access_cidrs:
        return eks.EndpointAccess.PRIVATE
    return eks.EndpointAccess.PUBLIC_AND_PRIVATE.only_from(*public_access_cidrs)


def _handler_logs(scope: Construct, *, production: bool) -> logs.LogGroup:
    return EncryptedLogGroup(
        scope,
        "KubectlLogs",
        props=EncryptedLogGroupProps(
            retention=log_retention(production=production),
            removal_policy=kept_in_production(production=production),
        ),
    ).log_group
