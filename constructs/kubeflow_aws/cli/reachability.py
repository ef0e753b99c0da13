"""`kubeflow-aws reachability`: who may connect to whom in a cluster."""

from __future__ import annotations

import sys

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.rendering import rendered
from kubeflow_aws.profiles.platform_network import OTHER_PROFILE, network_of
from kubeflow_aws.reachability.table import table_of


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Print who may connect to whom, by NetworkPolicies.

    The table is Markdown: docs/network-reachability.md holds that of the default deployment.
    """
    settings = deployment_of(deployment)
    network = network_of(rendered(settings), settings)
    sys.stdout.write(table_of(network, hidden=frozenset({OTHER_PROFILE})))
