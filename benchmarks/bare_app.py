"""The yardstick of a synth: a VPC and an EKS cluster, nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_eks_v2 as eks
from aws_cdk.lambda_layer_kubectl_v35 import KubectlV35Layer
from cdk_nag import AwsSolutionsChecks

PROJECT = Path(__file__).resolve().parents[1]


def main() -> None:
    """Synthesize with the same feature flags and the same checks as our app."""
    context = json.loads((PROJECT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context=context, outdir=sys.argv[1])
    stack = cdk.Stack(app, "Bare")
    vpc = ec2.Vpc(stack, "Vpc")
    eks.Cluster(
        stack,
        "Cluster",
        version=eks.KubernetesVersion.of("1.35"),
        vpc=vpc,
        default_capacity_type=eks.DefaultCapacityType.NODEGROUP,
        kubectl_provider_options=eks.KubectlProviderOptions(
            kubectl_layer=KubectlV35Layer(stack, "Kubectl")
        ),
    )
    # Checked, but not stopped: a bare cluster keeps few rules.
    AwsSolutionsChecks(app).validate_scope(app)
    app.synth()


if __name__ == "__main__":
    main()
