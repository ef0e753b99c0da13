"""What must hold between the sections of a deployment file.

A rule is a function over a deployment whose form is right. It raises `ValueError` with one
sentence: what is wrong, and what to write instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeAlias

from kubeflow_aws.deployment.model import Deployment
from kubeflow_aws.deployment.rules.artifacts import check_artifacts
from kubeflow_aws.deployment.rules.components import check_components
from kubeflow_aws.deployment.rules.database import check_database
from kubeflow_aws.deployment.rules.groups import check_groups
from kubeflow_aws.deployment.rules.ingress import check_ingress
from kubeflow_aws.deployment.rules.lengths import check_lengths
from kubeflow_aws.deployment.rules.network import check_network
from kubeflow_aws.deployment.rules.node_types import check_node_types
from kubeflow_aws.deployment.rules.production import check_production
from kubeflow_aws.deployment.rules.profiles import check_profiles
from kubeflow_aws.deployment.rules.sign_in import check_sign_in
from kubeflow_aws.deployment.rules.storage import check_storage

Rule: TypeAlias = Callable[[Deployment], None]

RULES: Final[tuple[Rule, ...]] = (
    check_node_types,
    check_network,
    check_components,
    check_sign_in,
    check_ingress,
    check_database,
    check_artifacts,
    check_storage,
    check_production,
    check_profiles,
    check_groups,
    check_lengths,
)
"""In the order in which they are told: of a file that breaks several, the first."""


def checked(deployment: Deployment) -> Deployment:
    """The deployment, if it keeps all rules.

    Args:
        deployment: One whose form is right.

    Raises:
        ValueError: A sentence about the first rule that it breaks.
    """
    for rule in RULES:
        rule(deployment)
    return deployment
