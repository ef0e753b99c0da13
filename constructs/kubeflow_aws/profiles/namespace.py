"""The namespace of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from kubeflow_aws.deployment.profiles import Profile
from kubeflow_aws.objects.injection import INJECTION
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject

NAMESPACE_LABELS: Final[Mapping[str, str]] = {
    # The one label that the controller sets only on namespaces of its own making.
    INJECTION: "enabled",
    # From the first moment on, and not when the controller comes by: upstream's level, and what the
    # policy of manifests/components/placement goes by.
    "app.kubernetes.io/part-of": "kubeflow-profile",
    "pod-security.kubernetes.io/enforce": "baseline",
}
"""Beside those that the profile controller adds."""


def profile_namespace(profile: Profile) -> KubernetesObject:
    """The namespace, which the profile controller takes for its own."""
    annotations: dict[str, JsonValue] = {"owner": profile.owner}
    if profile.artifacts_prefix:
        # The profile hook of Pipelines reads it (manifests/components/pipelines/s3/sync.py).
        annotations["kubeflow-aws/artifacts-prefix"] = profile.artifacts_prefix
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": profile.name,
            "annotations": annotations,
            "labels": dict(NAMESPACE_LABELS),
        },
    }
