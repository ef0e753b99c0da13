"""The IAM roles of the platform's own service accounts."""

from __future__ import annotations

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.cluster.pod_role import PodRole, PodRoleProps

NAMESPACE = "kubeflow"


class PodRoles(Construct):
    """A role for each service account in the namespace kubeflow that anything is granted to.

    A pod takes its role when it starts, so whatever starts pods comes after this.
    """

    def __init__(self, scope: Construct, construct_id: str, *, cluster: eks.ICluster) -> None:
        super().__init__(scope, construct_id)
        self._cluster = cluster
        self._roles: dict[str, PodRole] = {}

    def grant(self, service_account: str, *statements: iam.PolicyStatement) -> iam.Role:
        """Let a service account do what some statements allow.

        Args:
            service_account: Its name.
            statements: What it may do.
        """
        if service_account not in self._roles:
            self._roles[service_account] = PodRole(
                self,
                service_account,
                props=PodRoleProps(
                    cluster=self._cluster, namespace=NAMESPACE, service_account=service_account
                ),
            )
        role = self._roles[service_account].role
        for statement in statements:
            role.add_to_policy(statement)
        return role
