"""The profiles of the deployment file as Kubernetes objects."""

from __future__ import annotations

from collections.abc import Iterable

from kubeflow_aws.deployment.model import Profile
from kubeflow_aws.manifests.objects import KubernetesObject
from kubeflow_aws.manifests.packs import Pack, Phase


def profile_pack(profiles: Iterable[Profile]) -> Pack:
    """One pack of Profiles; a profile is a namespace, so it is kept like one."""
    return Pack(
        component="profiles",
        phase=Phase.DEFINITIONS,
        number=1,
        objects=[_profile(profile) for profile in profiles],
    )


def _profile(profile: Profile) -> KubernetesObject:
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": profile.name},
        "spec": {"owner": {"kind": "User", "name": profile.owner}},
    }
