"""`kubeflow-aws render`: the objects of a deployment as files."""

from __future__ import annotations

import shutil

import yaml

from kubeflow_aws.cli.arguments import DEFAULT_DEPLOYMENT, DeploymentArgument
from kubeflow_aws.cli.checkout import PROJECT
from kubeflow_aws.cli.printing import show
from kubeflow_aws.cli.project import deployment_of
from kubeflow_aws.cli.rendering import origin_of, rendered


def command(deployment: DeploymentArgument = DEFAULT_DEPLOYMENT) -> None:
    """Write the rendered objects to build/rendered.

    One file a component, with what upstream is patched by.
    """
    target = PROJECT / "build" / "rendered"
    platform = rendered(deployment_of(deployment), quiet=False)
    # What another deployment left would pass for this one's.
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for one in platform.components:
        file = target / f"{one.component.name}.yaml"
        with file.open("w", encoding="utf-8") as stream:
            yaml.dump_all(one.objects, stream, sort_keys=False)
    show(f"{len(platform.components)} components in {target.relative_to(PROJECT)}")
    show(origin_of(platform))
