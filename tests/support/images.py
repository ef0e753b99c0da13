"""Registries, and objects that name images."""

from __future__ import annotations

from typing import Final

from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject

REGISTRY: Final = "123456789012.dkr.ecr.us-west-2.amazonaws.com/kubeflow"
DIGEST: Final = f"sha256:{'a' * 64}"

ECR: Final = {
    "123456789012.dkr.ecr.us-west-2.amazonaws.com": "us-west-2",
    "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn": "cn-north-1",
    "123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com": "us-gov-west-1",
    "123456789012.dkr-ecr.eu-west-1.on.aws": "eu-west-1",
    "123456789012.dkr.ecr.eusc-de-east-1.amazonaws.eu": "eusc-de-east-1",
}
"""A host of each kind that ECR has, with its region."""


def item(kind: str, name: str = "one", **fields: JsonValue) -> KubernetesObject:
    """An object with these fields, which may name an image."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **fields}
