"""The Kubeflow stack: every component of the platform, applied to the cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.kubeflow.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.kubeflow.components import Components, ComponentsProps
from kubeflow_aws.kubeflow.dex import dex_values
from kubeflow_aws.kubeflow.profiles import profile_pack
from kubeflow_aws.manifests.placeholders import Placeholder
from kubeflow_aws.manifests.render import Rendered


@dataclass(frozen=True, kw_only=True, slots=True)
class KubeflowStackProps:
    """What `KubeflowStack` takes from the deployment file and from other stacks.

    Attributes:
        deployment: The deployment file.
        env: Account and region.
        cluster: The cluster to apply to.
        owns_cluster: Whether this application also deletes the cluster.
        rendered: The components to apply.
    """

    deployment: Deployment
    env: cdk.Environment
    cluster: eks.ICluster
    owns_cluster: bool
    rendered: Sequence[Rendered]


class KubeflowStack(cdk.Stack):
    """Applies Kubeflow, then the profiles of the deployment file."""

    components: Components

    def __init__(self, scope: Construct, construct_id: str, *, props: KubeflowStackProps) -> None:
        super().__init__(
            scope,
            construct_id,
            env=props.env,
            description="Kubeflow on AWS: the platform's Kubernetes objects",
        )
        self.components = Components(
            self,
            "Components",
            props=ComponentsProps(
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                rendered=props.rendered,
                values=_values(props.deployment),
            ),
        )
        if props.deployment.profiles:
            self._create_profiles(props)
        cdk.CfnOutput(
            self,
            "PortForwardCommand",
            description="Opens the dashboard on http://localhost:8080 (README, Sign in)",
            value="kubectl port-forward -n istio-system service/istio-ingressgateway 8080:80",
        )

    def _create_profiles(self, props: KubeflowStackProps) -> None:
        profiles = AppliedComponent(
            self,
            "Profiles",
            props=AppliedComponentProps(
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                packs=[profile_pack(props.deployment.profiles)],
            ),
        )
        # A profile's pods and policies are admitted by several components' webhooks.
        profiles.node.add_dependency(*self.components.applied.values())


def _values(deployment: Deployment) -> Mapping[Placeholder, str]:
    match deployment.auth_provider:
        case AuthProvider.DEX:
            return dex_values(deployment.auth.users)
