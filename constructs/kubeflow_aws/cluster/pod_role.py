"""An IAM role for one service account, by EKS Pod Identity."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import aws_eks_v2 as eks
from aws_cdk import aws_iam as iam
from constructs import Construct

from kubeflow_aws.checks.managed_policies import attach_managed_policy


@dataclass(frozen=True, kw_only=True, slots=True)
class PodRoleProps:
    """Inputs of `PodRole`.

    Attributes:
        cluster: Cluster of the service account.
        namespace: Namespace of the service account.
        service_account: Its name.
        managed_policy: Path of an AWS managed policy to attach, if there is one.
    """

    cluster: eks.ICluster
    namespace: str
    service_account: str
    managed_policy: str | None = None


class PodRole(Construct):
    """A role that only the pods of one service account of one cluster can take.

    The trust is narrowed by the session tags that Pod Identity sets (EKS User Guide, "Grant
    Pods access to AWS resources based on tags").
    """

    role: iam.Role

    def __init__(self, scope: Construct, construct_id: str, *, props: PodRoleProps) -> None:
        super().__init__(scope, construct_id)
        conditions = {
            "StringEquals": {
                "aws:RequestTag/kubernetes-namespace": props.namespace,
                "aws:RequestTag/kubernetes-service-account": props.service_account,
                "aws:RequestTag/eks-cluster-arn": props.cluster.cluster_arn,
            },
        }
        self.role = iam.Role(
            self,
            "Role",
            assumed_by=iam.SessionTagsPrincipal(
                iam.ServicePrincipal("pods.eks.amazonaws.com", conditions=conditions)
            ),
        )
        if props.managed_policy:
            self._attach(props.managed_policy)
        eks.CfnPodIdentityAssociation(
            self,
            "Association",
            cluster_name=props.cluster.cluster_name,
            namespace=props.namespace,
            service_account=props.service_account,
            role_arn=self.role.role_arn,
        )

    def _attach(self, policy: str) -> None:
        attach_managed_policy(
            self.role,
            policy=policy,
            reason="AWS writes it for this add-on and changes it with the add-on's versions; the "
            "trust policy narrows who may take the role.",
        )
