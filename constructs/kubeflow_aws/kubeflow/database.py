"""What the platform's components take from the metadata database, and who reaches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.database.authorities import authority_file
from kubeflow_aws.database.connection import Application, DatabaseConnection
from kubeflow_aws.kubeflow.pod_roles import PodRoles
from kubeflow_aws.objects.placeholders import Placeholder, Value

CLIENTS: Mapping[Application, Sequence[str]] = {
    Application.PIPELINES: ("ml-pipeline", "metadata-grpc-server", "kubeflow-pipelines-cache"),
    Application.KATIB: ("katib-db-manager",),
}
"""Service accounts whose pods mount an application's credentials."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseAccessProps:
    """Inputs of `DatabaseAccess`.

    Attributes:
        cluster: Cluster of the clients.
        database: The database.
        region: Its region.
        roles: Roles of the clients.
        applications: Which of them are installed.
    """

    cluster: eks.ICluster
    database: DatabaseConnection
    region: str
    roles: PodRoles
    applications: Sequence[Application]


class DatabaseAccess(Construct):
    """Opens the database for the cluster's nodes, and its credentials for those who need them.

    Attributes:
        values: The placeholders of the components `database`, `pipelines` and `katib`.
    """

    values: Mapping[Placeholder, Value]

    def __init__(self, scope: Construct, construct_id: str, *, props: DatabaseAccessProps) -> None:
        super().__init__(scope, construct_id)
        database = props.database
        ec2.CfnSecurityGroupIngress(
            self,
            "FromNodes",
            description="MySQL from the nodes of the cluster",
            group_id=database.security_group_id,
            source_security_group_id=props.cluster.cluster_security_group_id,
            ip_protocol="tcp",
            from_port=database.port,
            to_port=database.port,
        )
        props.roles.grant(
            "database-bootstrap",
            *_may_read([database.admin_secret_arn, *database.secret_arns.values()], props),
        )
        for application in props.applications:
            for service_account in CLIENTS[application]:
                props.roles.grant(
                    service_account, *_may_read([database.secret_arns[application]], props)
                )
        self.values = {
            Placeholder.DATABASE_HOST: database.host,
            Placeholder.DATABASE_PORT: str(database.port),
            Placeholder.DATABASE_AUTHORITY: authority_file(props.region).read_text("ascii"),
            Placeholder.DATABASE_ADMIN_CREDENTIALS: database.admin_secret_arn,
            Placeholder.PIPELINES_CREDENTIALS: database.secret_arns[Application.PIPELINES],
            Placeholder.KATIB_CREDENTIALS: database.secret_arns[Application.KATIB],
            Placeholder.REGION: props.region,
        }


def _may_read(secrets: Sequence[str], props: DatabaseAccessProps) -> list[iam.PolicyStatement]:
    return [
        iam.PolicyStatement(
            actions=["secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"],
            resources=list(secrets),
        ),
        iam.PolicyStatement(
            actions=["kms:Decrypt"],
            resources=[props.database.key_arn],
            conditions={
                "StringEquals": {"kms:ViaService": f"secretsmanager.{props.region}.amazonaws.com"}
            },
        ),
    ]
