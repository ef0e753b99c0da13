#!/usr/bin/env python3
"""CDK entry point: reads one deployment file and composes the stacks."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# constructs/ is a source root, not a package: docs/decisions/0001-constructs-source-root.md.
sys.path.insert(0, str(Path(__file__).resolve().parent / "constructs"))

import aws_cdk as cdk

from kubeflow_aws.checks import add_checks
from kubeflow_aws.deployment import deployment_path, load_deployment
from kubeflow_aws.errors import UserError
from kubeflow_aws.manifests.platform import render_platform
from stacks.build import build

PROJECT = Path(__file__).resolve().parent


def main() -> None:
    """Read the deployment that `-c deployment=NAME` names, render it and synthesize."""
    app = cdk.App()
    mirror = os.environ.get("KUBEFLOW_UPSTREAM_MIRROR")
    deployment = load_deployment(deployment_path(PROJECT, app.node.try_get_context("deployment")))
    platform = render_platform(
        deployment,
        manifests=PROJECT / "manifests",
        cache=PROJECT / "build" / "cache",
        mirror=Path(mirror) if mirror else None,
        notify=lambda line: print(line, file=sys.stderr),  # noqa: T201  # progress
        allow_sample=app.node.try_get_context("sample") == "allowed",
    )
    build(app, deployment, platform, os.environ.get("CDK_DEFAULT_ACCOUNT"))
    add_checks(app)
    app.synth()


if __name__ == "__main__":
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
