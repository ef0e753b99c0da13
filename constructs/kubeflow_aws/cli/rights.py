"""`kubeflow-aws rights`: who may do what in a cluster."""

from __future__ import annotations

import sys
from collections.abc import Mapping

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument, JsonOption
from kubeflow_aws.cli.printing import say_json
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.rendering import rendered
from kubeflow_aws.rights.holders import Holder, holders_of
from kubeflow_aws.rights.table import rights_table


def command(
    deployment: DeploymentArgument = DEFAULT_DEPLOYMENT, as_json: JsonOption = False
) -> None:
    """Print who may do what, by roles and bindings.

    The table is Markdown: docs/rights.md holds that of the default deployment. In JSON
    stands every right, with those that are harmless.
    """
    holders = holders_of(rendered(deployment_of(deployment)).objects)
    if as_json:
        say_json("rights", [_record(each) for each in holders])
    else:
        sys.stdout.write(rights_table(holders))


def _record(holder: Holder) -> Mapping[str, object]:
    rights = {resource: sorted(verbs) for resource, verbs in sorted(holder.rights.items())}
    return {"name": holder.name, "place": holder.place, "rights": rights}
