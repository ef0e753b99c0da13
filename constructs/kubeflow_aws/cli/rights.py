"""`kubeflow-aws rights`: who may do what in a cluster."""

from __future__ import annotations

import sys

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.rendering import rendered
from kubeflow_aws.rights.holders import holders_of
from kubeflow_aws.rights.table import rights_table


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Print who may do what, by roles and bindings.

    The table is Markdown: docs/rights.md holds that of the default deployment.
    """
    sys.stdout.write(rights_table(holders_of(rendered(deployment_of(deployment)).objects)))
