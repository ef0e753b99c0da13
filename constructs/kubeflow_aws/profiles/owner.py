"""The owner of a profile, as the dashboard and Kubernetes know her."""

from __future__ import annotations

from kubeflow_aws.deployment.profiles import Profile
from kubeflow_aws.objects.kubernetes_object import KubernetesObject


def owner_binding(profile: Profile) -> KubernetesObject:
    """The role binding that the profile controller makes, with the annotations that it forgets.

    Of one that is there the controller compares role and subjects, and leaves the annotations as
    they were made (kubeflow/dashboard, components/profile-controller/controllers/
    profile_controller.go, updateRoleBinding). But the dashboard lists a person's profiles by them
    (components/access-management/kfam/bindings.go, List): without this, a new owner would not see
    her profile, and the old one would.

    Role and subject are the controller's own, so neither has anything to correct of the other's.

    Args:
        profile: The profile.
    """
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {
            "name": "namespaceAdmin",
            "namespace": profile.name,
            "annotations": {"role": "admin", "user": profile.owner},
        },
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": "kubeflow-admin"},
        "subjects": [{"apiGroup": group, "kind": "User", "name": profile.owner}],
    }
