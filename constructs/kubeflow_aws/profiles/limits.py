"""What a container of a profile asks for if it does not say so itself.

A quota on `requests.*` refuses every pod with a container that asks for nothing (Kubernetes,
"Resource Quotas"), and most of what controllers make in a profile has one: Argo's `init` and
`wait`, KServe's predictors, TensorBoard, volume viewers. A LimitRange fills requests in before
quotas count (Kubernetes, "Limit Ranges"), for containers that webhooks add as well.
"""

from __future__ import annotations

from typing import Final

from kubeflow_aws.objects.kubernetes_object import KubernetesObject

DEFAULT_REQUEST: Final = {"cpu": "10m", "memory": "32Mi"}
"""Little, so that it neither uses up a quota nor keeps a node busy."""


def limit_range(profile: str) -> KubernetesObject:
    """The LimitRange of one profile.

    It has no `default`: that would be a limit, which throttles a container and ends it when it
    grows; and the quota of a profile is on requests alone, so that no pod needs a limit. Profiles
    without a quota have it too: pods that were there before a quota then count as well.

    Args:
        profile: Name of the profile.
    """
    return {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": {"name": "kubeflow-profile", "namespace": profile},
        "spec": {"limits": [{"type": "Container", "defaultRequest": dict(DEFAULT_REQUEST)}]},
    }
