"""What Kubeflow governs a profile with: its policies, its roles, and the kind of notebooks."""

from __future__ import annotations

from kubeflow_aws.objects.kubernetes_object import metadata
from kubeflow_aws.rendering.platform import Platform
from tests.support.kubernetes import Cluster
from tests.support.waiting import eventually

EDIT_ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/kubeflow-edit"
EDITOR = "alice@example.com"
"""Who may edit in every profile that `editable_profile` makes."""


def govern(cluster: Cluster, platform: Platform) -> None:
    """Apply it, and wait until it works."""
    cluster.apply(
        *(
            item
            for item in platform.objects
            if str(item["kind"]).startswith(("ValidatingAdmissionPolicy", "ClusterRole"))
            or metadata(item)["name"] == "notebooks.kubeflow.org"
        )
    )
    cluster.kubectl("wait", "--for=condition=established", "crd/notebooks.kubeflow.org")
    # A controller of Kubernetes gathers its rules.
    eventually(lambda: not cluster.get(EDIT_ROLE).get("rules"))


def editable_profile(cluster: Cluster) -> str:
    """A new namespace with an editor."""
    name = cluster.namespace()
    editor = ("--clusterrole=kubeflow-edit", f"--user={EDITOR}")
    cluster.kubectl("create", "rolebinding", "e", "-n", name, *editor)
    return name
