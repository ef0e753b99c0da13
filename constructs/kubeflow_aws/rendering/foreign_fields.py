"""Leaves out of an object its status, its time of creation, and rules that a controller gathers.

What a manifest states, a server-side apply with force takes at every deployment, even where it
states nothing at all: with `rules: []`, an aggregated ClusterRole grants nothing until its
controller has gathered them anew (Kubernetes, "Server-Side Apply" and "Using RBAC Authorization").
"""

from __future__ import annotations

from kubeflow_aws.objects.kubernetes_object import KubernetesObject, metadata


def without_foreign_fields(item: KubernetesObject) -> KubernetesObject:
    """The object without gathered rules, a status and a time of creation."""
    gathers = item.get("kind") == "ClusterRole" and "aggregationRule" in item
    foreign = {"status", "rules"} if gathers else {"status"}
    if foreign.isdisjoint(item) and "creationTimestamp" not in metadata(item):
        return item
    meta = {name: value for name, value in metadata(item).items() if name != "creationTimestamp"}
    return {
        **{name: value for name, value in item.items() if name not in foreign},
        "metadata": meta,
    }
