#!/usr/bin/env python3
"""CDK entry point: reads one deployment file and composes the stacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

# constructs/ is a source root, not a package: docs/decisions/0001-constructs-source-root.md.
sys.path.insert(0, str(Path(__file__).resolve().parent / "constructs"))

import aws_cdk as cdk

from kubeflow_aws.checks import add_checks
from kubeflow_aws.deployment import Deployment, deployment_path, load_delivery, load_deployment
from kubeflow_aws.deployment.rules.node_types import warnings_of
from kubeflow_aws.files.errors import UserError
from kubeflow_aws.rendering.floors import load_floors
from kubeflow_aws.rendering.options import MIRROR_VARIABLE, options_of_checkout
from kubeflow_aws.rendering.platform import FLOORS_FILE, Platform, render_platform
from stacks.build import build

PROJECT = Path(__file__).resolve().parent


def main() -> None:
    """Synthesize what `-c deployment=NAME` or, for the pipeline, `-c delivery=FILE` names."""
    app = cdk.App()
    production: Sequence[cdk.Stage]
    allow_sample = app.node.try_get_context("sample") == "allowed"
    if file := app.node.try_get_context("delivery"):
        from stacks.build_delivery import build_delivery  # slow, and seldom needed

        delivery, deployments = load_delivery(Path(file), root=PROJECT)
        for stage, each in zip(delivery.stages, deployments, strict=True):
            tell_warnings(each, stage.deployment)
        contents = [(each, render(each, allow_sample=allow_sample)) for each in deployments]
        production = build_delivery(app, delivery, contents, file)
    else:
        path = deployment_path(PROJECT, app.node.try_get_context("deployment"))
        deployment = load_deployment(path)
        tell_warnings(deployment, str(path))
        platform = render(deployment, allow_sample=allow_sample)
        account = os.environ.get("CDK_DEFAULT_ACCOUNT")
        build(app, deployment, platform, account, file=str(path))
        production = [app] if deployment.is_production else []
    floors = load_floors(PROJECT / "manifests" / FLOORS_FILE)
    add_checks(app, floors=floors, production=production)
    app.synth()


def tell(line: str) -> None:
    """Tell the person at the terminal something."""
    print(line, file=sys.stderr)  # noqa: T201  # progress


def tell_warnings(deployment: Deployment, file: str) -> None:
    """Tell what the deployment file says that nobody has checked."""
    for warning in warnings_of(deployment.cluster):
        tell(f"WARNING: {file}: {warning}")


def render(deployment: Deployment, *, allow_sample: bool) -> Platform:
    """Render the components of a deployment from its upstream sources."""
    mirror = os.environ.get(MIRROR_VARIABLE)
    options = options_of_checkout(PROJECT, mirror=mirror, notify=tell, allow_sample=allow_sample)
    return render_platform(deployment, options)


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
