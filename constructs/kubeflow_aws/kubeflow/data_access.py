"""How the platform's components reach the database and the bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.artifacts.store import ArtifactStore
from kubeflow_aws.database.connection import Application, DatabaseConnection
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.kubeflow.artifacts import ArtifactsAccess, ArtifactsAccessProps
from kubeflow_aws.kubeflow.database import DatabaseAccess, DatabaseAccessProps
from kubeflow_aws.kubeflow.pod_roles import PodRoles
from kubeflow_aws.objects.placeholders import Placeholder, Value


@dataclass(frozen=True, kw_only=True, slots=True)
class DataAccessProps:
    """Inputs of `DataAccess`.

    Attributes:
        deployment: The deployment file; names the components that are installed.
        cluster: Where they run.
        database: The metadata database in RDS, if there is one.
        artifacts: The bucket of artifacts, if there is one.
    """

    deployment: Deployment
    cluster: eks.ICluster
    database: DatabaseConnection | None
    artifacts: ArtifactStore | None


class DataAccess(Construct):
    """The roles of pods and the rule of the network that join the Data stack and the cluster.

    Components whose pods take such a role come after it.

    Attributes:
        values: The placeholders of the components `database`, `pipelines` and `katib`.
    """

    values: Mapping[Placeholder, Value]

    def __init__(self, scope: Construct, construct_id: str, *, props: DataAccessProps) -> None:
        super().__init__(scope, construct_id)
        region, components = props.deployment.region, props.deployment.components
        roles = PodRoles(self, "Roles", cluster=props.cluster)
        values: dict[Placeholder, Value] = {}
        if props.database:
            installed = {
                Application.PIPELINES: components.pipelines,
                Application.KATIB: components.katib,
            }
            values |= DatabaseAccess(
                self,
                "Database",
                props=DatabaseAccessProps(
                    cluster=props.cluster,
                    database=props.database,
                    region=region,
                    roles=roles,
                    applications=[name for name, is_there in installed.items() if is_there],
                ),
            ).values
        if props.artifacts and components.pipelines:
            values |= ArtifactsAccess(
                self,
                "Artifacts",
                props=ArtifactsAccessProps(store=props.artifacts, region=region, roles=roles),
            ).values
        self.values = values
