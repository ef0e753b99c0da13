"""Which components a deployment installs, and in which variant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.artifacts import Artifacts
from kubeflow_aws.deployment.auth import AuthProvider
from kubeflow_aws.deployment.database import Database
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.component import Component, in_order
from kubeflow_aws.rendering.render import Selected

SIGN_IN: Final[Mapping[AuthProvider, str]] = {
    AuthProvider.COGNITO: "cognito",
    AuthProvider.DEX: "dex",
}
"""The component that signs users in, by provider; it is there for its provider only."""

OF_OUR_CLUSTERS: Final = frozenset({"device-plugins", "karpenter"})
"""Components of a cluster that this application makes; another has its own nodes, or none."""

PIPELINES: Final[Mapping[tuple[Database, Artifacts], str]] = {
    (Database.IN_CLUSTER, Artifacts.IN_CLUSTER): "in-cluster",
    (Database.IN_CLUSTER, Artifacts.S3): "s3",
    (Database.RDS, Artifacts.IN_CLUSTER): "rds",
    (Database.RDS, Artifacts.S3): "rds-s3",
}
"""The variant of Pipelines by where metadata and artifacts are kept."""


def select(deployment: Deployment, components: Mapping[str, Component]) -> list[Selected]:
    """The components of a deployment in the order in which they are applied.

    Raises:
        UserError: A component has no variant for an option, or components wait for each other.
    """
    switches = deployment.components.model_dump()
    others = set(SIGN_IN.values()) - {SIGN_IN[deployment.auth_provider]}
    if not deployment.has_load_balancer:
        others.add("ingress")
    if deployment.database_option is not Database.RDS:
        others.add("database")
    if deployment.cluster.existing:
        others |= OF_OUR_CLUSTERS
    others |= {
        name
        for name, section in (("efs", deployment.storage.efs), ("fsx", deployment.storage.fsx))
        if not section.enabled
    }
    chosen = {
        name: component
        for name, component in components.items()
        if switches.get(name.replace("-", "_"), True) and name not in others
    }
    return [
        Selected(component=component, variant=_variant(component, deployment))
        for component in in_order(chosen)
    ]


def every_variant(components: Iterable[Component]) -> list[Selected]:
    """The components in all their variants, whatever a deployment would choose."""
    return [
        Selected(component=component, variant=variant)
        for component in components
        for variant in component.variants or (None,)
    ]


def _variant(component: Component, deployment: Deployment) -> str | None:
    if not component.variants:
        return None
    auth = str(deployment.auth_provider)
    balanced_dex = deployment.auth_provider is AuthProvider.DEX and deployment.has_load_balancer
    options = {
        "ingress": f"{auth}-with-machines" if deployment.machine_identities else auth,
        "istio": f"{auth}-behind-load-balancer" if balanced_dex else auth,
        "kubeflow": auth,
        "pipelines": PIPELINES[deployment.database_option, deployment.artifacts_option],
        "katib": str(deployment.database_option),
    }
    variant = options.get(component.name, component.variants[0])
    if variant not in component.variants:
        raise UserError(
            f"{component.folder / 'component.yaml'}: has no variant {variant}; "
            f"there are {', '.join(component.variants)}"
        )
    return variant
