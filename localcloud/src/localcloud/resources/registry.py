"""The resource types that the local cloud knows, and how far it goes with each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import yaml

from localcloud.resources import (
    acm,
    cloudwatch,
    cognito,
    cognito_pool_contents,
    ec2_gateways,
    ec2_launch_templates,
    ec2_network,
    ec2_security_groups,
    ecr,
    efs,
    eks_cluster,
    eks_kept,
    eks_nodegroup,
    fsx,
    iam_policies,
    iam_roles,
    kms,
    lambda_extras,
    lambda_functions,
    logs,
    rds,
    route53,
    s3,
    secrets_manager,
    sns,
    sqs,
    ssm,
    wafv2,
)
from localcloud.resources.eks_state import Clusters, KubernetesApis
from localcloud.resources.provider import Properties, Provider, Request, ResourceError
from localcloud.resources.schema_only import SchemaOnly
from localcloud.resources.schemas import ResourceSchema

EMULATED: Final[Mapping[str, Provider]] = {
    "AWS::CertificateManager::Certificate": acm.Certificate(),
    "AWS::CloudWatch::Alarm": cloudwatch.Alarm(),
    "AWS::CloudWatch::Dashboard": cloudwatch.Dashboard(),
    "AWS::Cognito::UserPool": cognito.UserPool(),
    "AWS::Cognito::UserPoolClient": cognito.UserPoolClient(),
    "AWS::Cognito::UserPoolDomain": cognito.UserPoolDomain(),
    "AWS::Cognito::UserPoolIdentityProvider": cognito_pool_contents.UserPoolIdentityProvider(),
    "AWS::Cognito::UserPoolResourceServer": cognito_pool_contents.UserPoolResourceServer(),
    "AWS::Cognito::UserPoolUser": cognito_pool_contents.UserPoolUser(),
    "AWS::EC2::EIP": ec2_gateways.ElasticIp(),
    "AWS::EC2::FlowLog": ec2_gateways.FlowLog(),
    "AWS::EC2::InternetGateway": ec2_gateways.InternetGateway(),
    "AWS::EC2::LaunchTemplate": ec2_launch_templates.LaunchTemplate(),
    "AWS::EC2::NatGateway": ec2_gateways.NatGateway(),
    "AWS::EC2::Route": ec2_network.Route(),
    "AWS::EC2::RouteTable": ec2_network.RouteTable(),
    "AWS::EC2::SecurityGroup": ec2_security_groups.SecurityGroup(),
    "AWS::EC2::SecurityGroupEgress": ec2_security_groups.SecurityGroupEgress(),
    "AWS::EC2::SecurityGroupIngress": ec2_security_groups.SecurityGroupIngress(),
    "AWS::EC2::Subnet": ec2_network.Subnet(),
    "AWS::EC2::SubnetRouteTableAssociation": ec2_network.SubnetRouteTableAssociation(),
    "AWS::EC2::VPC": ec2_network.Vpc(),
    "AWS::EC2::VPCEndpoint": ec2_gateways.VpcEndpoint(),
    "AWS::EC2::VPCGatewayAttachment": ec2_gateways.VpcGatewayAttachment(),
    "AWS::ECR::Repository": ecr.Repository(),
    "AWS::EFS::AccessPoint": efs.AccessPoint(),
    "AWS::EFS::FileSystem": efs.FileSystem(),
    "AWS::EFS::MountTarget": efs.MountTarget(),
    "AWS::FSx::FileSystem": fsx.FileSystem(),
    "AWS::IAM::InstanceProfile": iam_roles.InstanceProfile(),
    "AWS::IAM::ManagedPolicy": iam_policies.ManagedPolicy(),
    "AWS::IAM::OIDCProvider": iam_roles.OidcProvider(),
    "AWS::IAM::Policy": iam_policies.InlinePolicy(),
    "AWS::IAM::Role": iam_roles.Role(),
    "AWS::KMS::Alias": kms.Alias(),
    "AWS::KMS::Key": kms.Key(),
    "AWS::Lambda::Alias": lambda_extras.FunctionAlias(),
    "AWS::Lambda::Function": lambda_functions.Function(),
    "AWS::Lambda::LayerVersion": lambda_extras.LayerVersion(),
    "AWS::Lambda::Permission": lambda_extras.Permission(),
    "AWS::Lambda::Url": lambda_extras.FunctionUrl(),
    "AWS::Lambda::Version": lambda_extras.Version(),
    "AWS::Logs::LogGroup": logs.LogGroup(),
    "AWS::RDS::DBInstance": rds.DbInstance(),
    "AWS::RDS::DBParameterGroup": rds.DbParameterGroup(),
    "AWS::RDS::DBSubnetGroup": rds.DbSubnetGroup(),
    "AWS::RDS::OptionGroup": rds.OptionGroup(),
    "AWS::Route53::HostedZone": route53.HostedZone(),
    "AWS::Route53::RecordSet": route53.RecordSet(),
    "AWS::S3::Bucket": s3.Bucket(),
    "AWS::S3::BucketPolicy": s3.BucketPolicy(),
    "AWS::SNS::Subscription": sns.Subscription(),
    "AWS::SNS::Topic": sns.Topic(),
    "AWS::SNS::TopicPolicy": sns.TopicPolicy(),
    "AWS::SQS::Queue": sqs.Queue(),
    "AWS::SQS::QueuePolicy": sqs.QueuePolicy(),
    "AWS::SecretsManager::ResourcePolicy": secrets_manager.ResourcePolicy(),
    "AWS::SecretsManager::Secret": secrets_manager.Secret(),
    "AWS::SecretsManager::SecretTargetAttachment": secrets_manager.SecretTargetAttachment(),
    "AWS::SSM::Parameter": ssm.Parameter(),
    "AWS::WAFv2::LoggingConfiguration": wafv2.LoggingConfiguration(),
    "AWS::WAFv2::WebACL": wafv2.WebAcl(),
}
"""Types that are made through an API, except those of EKS that keep state in a registry."""

SCHEMA_ONLY: Final[Mapping[str, str]] = yaml.safe_load(
    Path(__file__).with_name("schema_only.yaml").read_text(encoding="utf-8")
)
"""Why a type is only checked and kept, by type."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Coverage:
    """How far the local cloud goes with a resource type.

    Attributes:
        resource_type: For example ``AWS::S3::Bucket``.
        emulated: False for a type that is only checked and kept.
        applied: Properties with an effect.
        recorded: Properties without.
        refused: Properties of the schema that it does not take.
    """

    resource_type: str
    emulated: bool
    applied: frozenset[str]
    recorded: frozenset[str]
    refused: frozenset[str]


class Registry:
    """All resource types, with the state that some of them share.

    Args:
        kubernetes: Starts the Kubernetes APIs of clusters.

    Attributes:
        clusters: What is known of clusters beyond moto: access entries, for example.
        emulated: The providers by type.
    """

    def __init__(self, kubernetes: KubernetesApis) -> None:
        self.clusters = Clusters()
        self.emulated: Mapping[str, Provider] = {
            **EMULATED,
            "AWS::EKS::AccessEntry": eks_kept.AccessEntryProvider(self.clusters),
            "AWS::EKS::Addon": eks_kept.Addon(self.clusters, kubernetes),
            "AWS::EKS::Cluster": eks_cluster.Cluster(kubernetes, self.clusters),
            "AWS::EKS::Nodegroup": eks_nodegroup.Nodegroup(kubernetes),
            "AWS::EKS::PodIdentityAssociation": eks_kept.PodIdentityAssociation(self.clusters),
        }
        self._schema_only = SchemaOnly()

    def provider_of(self, resource_type: str) -> Provider:
        """The provider of a type.

        Raises:
            ResourceError: For a type that is not known.
        """
        if resource_type in self.emulated:
            return self.emulated[resource_type]
        if resource_type in SCHEMA_ONLY:
            return self._schema_only
        raise ResourceError(
            f"the local cloud does not know {resource_type}; add a provider or list it as "
            "schema-only in localcloud/resources/schema_only.yaml"
        )

    def may_access(self, cluster_arn: str, principal_arn: str) -> bool:
        """Whether a principal has any permission in a cluster, as its authenticator asks.

        Args:
            cluster_arn: Of the cluster.
            principal_arn: As IAM or STS names it; a session counts as its role.
        """
        return self.clusters.may_access(cluster_arn, principal_arn)

    def check(self, request: Request) -> None:
        """Check a request's properties before its provider sees them.

        Raises:
            ResourceError: For one that the schema refuses, or that is not emulated.
        """
        provider = self.provider_of(request.resource_type)
        schema = ResourceSchema.of(request.resource_type, request.region)
        schema.check(request.logical_id, request.properties)
        if isinstance(provider, SchemaOnly):
            return
        refused = sorted(request.properties.keys() - provider.applied - provider.recorded)
        if refused:
            raise ResourceError(
                f"property {', '.join(refused)} of {request.resource_type} is not emulated by "
                "the local cloud"
            )

    def replaced_by(self, request: Request, old: Properties) -> list[str]:
        """Names of the changed properties that make a new resource necessary."""
        schema = ResourceSchema.of(request.resource_type, request.region)
        return schema.replaced_by(old, request.properties)

    def coverage(self, region: str) -> list[Coverage]:
        """How far the local cloud goes with each type, sorted by type.

        Args:
            region: Whose schemas to compare with.
        """
        return [self._coverage(name, region) for name in sorted({*self.emulated, *SCHEMA_ONLY})]

    def _coverage(self, resource_type: str, region: str) -> Coverage:
        schema = ResourceSchema.of(resource_type, region)
        settable = schema.properties - set(schema.read_only)
        provider = self.emulated.get(resource_type)
        applied = provider.applied if provider else frozenset()
        recorded = provider.recorded if provider else settable
        return Coverage(
            resource_type=resource_type,
            emulated=provider is not None,
            applied=applied,
            recorded=recorded,
            refused=settable - applied - recorded,
        )
