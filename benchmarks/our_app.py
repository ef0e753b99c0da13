"""Our whole synth from a warm cache, checks included."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk

from app import PROJECT
from benchmarks.cold_render import render_default
from kubeflow_aws.checks import add_checks
from kubeflow_aws.rendering.floors import load_floors
from kubeflow_aws.rendering.platform import FLOORS_FILE
from stacks.build import build


def main() -> None:
    """Synthesize the default deployment."""
    deployment, platform = render_default()
    context = json.loads((Path(PROJECT) / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context=context, outdir=sys.argv[1])
    build(app, deployment, platform, "123456789012")
    add_checks(app, floors=load_floors(PROJECT / "manifests" / FLOORS_FILE))
    app.synth()


if __name__ == "__main__":
    main()
