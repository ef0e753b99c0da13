"""Groups that may work in a profile: what the token trigger gives each of their members.

Kubeflow's programs ask Kubernetes what a user may do and never name her groups: so a binding for a
group lets nobody in by itself. It stands in the cluster as the truth that the trigger reads
(identity/pre_token_generation/memberships.py), and it owns all that members get: where it goes,
Kubernetes takes that away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from kubeflow_aws.deployment.profiles import ContributorGroup, Profile
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.objects.sign_in import TRIGGER_GROUP
from kubeflow_aws.profiles.contributor_names import digest
from kubeflow_aws.profiles.contributor_policy import contributor_policy
from kubeflow_aws.rendering.packs import Pack, Phase

CONTRIBUTORS: Final = "kubeflow-aws/contributors"
GROUP: Final = "kubeflow-aws/group"
"""Labels by which the trigger finds groups (identity/pre_token_generation/memberships.py)."""

WRITER: Final = "kubeflow-aws-members-of-groups"
"""The role of the trigger, which writes for members (manifests/components/tenants)."""

NOBODY: Final = "nobody"
"""No address, so no user: whom the policy of a group lets in."""

_RBAC: Final = "rbac.authorization.k8s.io"


def group_packs(profiles: Iterable[Profile]) -> list[Pack]:
    """A pack for each group of a profile, in the order of their names.

    An update of a pack deletes nothing, so each group and role is a pack by itself, which goes with
    it; and unlike those of people it never changes, for Kubernetes would take from its members what
    they got by it.
    """
    packs = [
        Pack(
            component="groups",
            phase=Phase.WORKLOADS,
            number=_number(profile, group),
            objects=list(_objects(profile, group)),
        )
        for profile in profiles
        for group in profile.groups
    ]
    return sorted(packs, key=lambda pack: pack.number)


def _number(profile: Profile, group: ContributorGroup) -> int:
    text = f"{profile.name}/{group.identity}/{group.role}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])


def _objects(profile: Profile, group: ContributorGroup) -> Iterator[KubernetesObject]:
    name = f"group-{digest(group.identity)}-{group.role}"
    yield _binding(
        {"name": f"{name}-sign-in", "namespace": profile.name}, TRIGGER_GROUP, role=WRITER
    )
    metadata: dict[str, JsonValue] = {
        "name": name,
        "namespace": profile.name,
        "labels": {CONTRIBUTORS: "group", GROUP: label(group.identity)},
    }
    # First, for what stands beside a binding that is there is there.
    yield contributor_policy(metadata, NOBODY, group.role)
    yield _binding(metadata, group.identity, role=f"kubeflow-{group.role}")


def label(identity: str) -> str:
    """What stands for a group in a label, which has no room for its name."""
    return hashlib.sha256(identity.encode()).hexdigest()[:32]


def _binding(metadata: Mapping[str, JsonValue], group: str, *, role: str) -> KubernetesObject:
    return {
        "apiVersion": f"{_RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": dict(metadata),
        "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": _RBAC, "kind": "Group", "name": group}],
    }
