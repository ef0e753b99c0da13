"""Types of resources that cost nothing by themselves."""

from __future__ import annotations

from typing import Final

FREE: Final = frozenset(
    {
        "AWS::Backup::BackupSelection",
        "AWS::Backup::BackupVault",
        "AWS::CDK::Metadata",
        "AWS::CertificateManager::Certificate",
        "AWS::CloudFormation::Stack",
        "AWS::CodeStarNotifications::NotificationRule",
        "AWS::Cognito::UserPoolDomain",
        "AWS::Cognito::UserPoolIdentityProvider",
        "AWS::Cognito::UserPoolResourceServer",
        "AWS::Cognito::UserPoolUser",
        "AWS::EC2::FlowLog",
        "AWS::EC2::InternetGateway",
        "AWS::EC2::LaunchTemplate",
        "AWS::EC2::Route",
        "AWS::EC2::RouteTable",
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::Subnet",
        "AWS::EC2::SubnetRouteTableAssociation",
        "AWS::EC2::VPC",
        "AWS::EC2::VPCGatewayAttachment",
        "AWS::EFS::AccessPoint",
        "AWS::EFS::MountTarget",
        "AWS::EKS::AccessEntry",
        "AWS::EKS::PodIdentityAssociation",
        "AWS::FSx::DataRepositoryAssociation",
        "AWS::IAM::InstanceProfile",
        "AWS::IAM::OIDCProvider",
        "AWS::IAM::Policy",
        "AWS::IAM::Role",
        "AWS::KMS::Alias",
        "AWS::Lambda::LayerVersion",
        "AWS::Lambda::Permission",
        "AWS::RDS::DBParameterGroup",
        "AWS::RDS::DBSubnetGroup",
        "AWS::RDS::OptionGroup",
        "AWS::S3::BucketPolicy",
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
        "AWS::SSM::Parameter",
        "AWS::SecretsManager::RotationSchedule",
        "AWS::WAFv2::LoggingConfiguration",
    }
)
"""Never anything. What some of them lead to, such as logs, is counted where it costs."""

BY_USE: Final = frozenset(
    {
        "AWS::Events::Rule",
        "AWS::Lambda::Function",
        "AWS::Route53::RecordSet",
        "AWS::SNS::Topic",
        "AWS::SQS::Queue",
        "Custom::AWSCDK-EKS-KubernetesObjectValue",
        "Custom::S3AutoDeleteObjects",
    }
)
"""By calls, of which there are so few that they cost about nothing: custom resources are calls of
Lambda functions during a deployment."""
