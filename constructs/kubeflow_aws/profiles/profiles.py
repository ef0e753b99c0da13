"""The profiles of the deployment file as Kubernetes objects, in packs of bounded size.

A profile's objects are a namespace, a Profile, and what it holds from the start. The profile
controller would make the namespace itself, but later than contributors need it; one that names the
same owner it takes as its own (kubeflow/kubeflow v1.10, profile_controller.go).

Contributors are what the dashboard's "Manage contributors" makes: a RoleBinding and an
AuthorizationPolicy each (kubeflow/kubeflow v1.10, components/access-management/kfam/bindings.go);
the policy of who may only look lets her through to less (contributor_policy.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from kubeflow_aws.deployment.profiles import Contributor, Profile, Quota
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.profiles.contributor_names import contributor_name
from kubeflow_aws.profiles.contributor_policy import contributor_policy
from kubeflow_aws.profiles.limits import limit_range
from kubeflow_aws.profiles.namespace import profile_namespace
from kubeflow_aws.profiles.network import network_policy
from kubeflow_aws.profiles.owner import owner_binding
from kubeflow_aws.profiles.pod_defaults import PodDefaults, pod_defaults
from kubeflow_aws.profiles.volumes import ProfileVolumes, profile_volumes
from kubeflow_aws.rendering.packs import MAX_PACK_OBJECTS, Pack, Phase

CONTRIBUTOR_STACKS: Final = 4
"""Nested stacks of contributors. The number is fixed: a pack that moved from one to another would
be applied first and deleted then."""

PROFILE_STACKS: Final = 4
"""Nested stacks of profiles; 5,000 of them are up to 1,900 packs, and CloudFormation takes 500
resources in a stack."""

T = TypeVar("T")


def profile_packs(
    profiles: Iterable[Profile],
    volumes: ProfileVolumes,
    offer: PodDefaults,
    *,
    scraper_ranges: Sequence[str] = (),
) -> dict[int, list[Pack]]:
    """Profiles and what they hold from the start, in packs by nested stack.

    They are kept like namespaces, for they are their users' work.

    Args:
        profiles: The profiles.
        volumes: What there is to claim.
        offer: What notebooks may use.
        scraper_ranges: Where Prometheus' scraper stands, if there is one.
    """

    def objects_of(profile: Profile) -> list[KubernetesObject]:
        """All objects of a profile; as many for every one."""
        return [
            profile_namespace(profile),
            _profile(profile),
            owner_binding(profile),
            limit_range(profile.name),
            network_policy(profile.name, scraper_ranges=scraper_ranges),
            *profile_volumes(profile.name, volumes),
            *pod_defaults(profile, offer),
        ]

    stacks: dict[int, list[Profile]] = {}
    for profile in profiles:
        stacks.setdefault(_hash(profile.name) % PROFILE_STACKS + 1, []).append(profile)
    return {
        stack: [
            _profile_pack(number, [item for each in members for item in objects_of(each)])
            for number, members in _groups(
                stacks[stack],
                lambda profile: profile.name,
                MAX_PACK_OBJECTS // len(objects_of(stacks[stack][0])),
            )
        ]
        for stack in sorted(stacks)
    }


def _profile_pack(number: int, objects: list[KubernetesObject]) -> Pack:
    # kubectl stops at the first object whose namespace is not there.
    objects.sort(key=lambda item: item["kind"] != "Namespace")
    return Pack(component="profiles", phase=Phase.DEFINITIONS, number=number, objects=objects)


def contributor_packs(profiles: Iterable[Profile]) -> dict[int, list[Pack]]:
    """The packs of contributors by nested stack.

    An update of a pack deletes nothing, but somebody who is no contributor any more must lose her
    rights. So a pack's number, and with it the names of its objects, come from its members: a
    changed pack is another one, applied before the old one is deleted with all that it held.
    """
    pairs = [(profile, each) for profile in profiles for each in profile.persons]
    stacks: dict[int, list[tuple[Profile, Contributor]]] = {}
    for pair in pairs:
        stacks.setdefault(_hash(_key(pair)) % CONTRIBUTOR_STACKS + 1, []).append(pair)
    return {
        stack: [
            _contributor_pack(members)
            for _, members in _groups(stacks[stack], _key, MAX_PACK_OBJECTS // 2)
        ]
        for stack in sorted(stacks)
    }


def _contributor_pack(members: Sequence[tuple[Profile, Contributor]]) -> Pack:
    # With their names, so that a release that names them otherwise makes another pack, too.
    names = {
        _key(pair): contributor_name(pair[1].email, pair[1].role, suffix="") for pair in members
    }
    text = json.dumps(sorted([*_key(pair).split("/"), pair[1].role] for pair in members))
    number = _hash(text + json.dumps(names, sort_keys=True)) >> 32
    return Pack(
        component="contributors",
        phase=Phase.WORKLOADS,
        number=number,
        objects=[
            item
            for profile, contributor in members
            for item in _contributor(profile, contributor, suffix=f"{number:08x}")
        ],
    )


def _groups(
    items: Sequence[T], key: Callable[[T], str], limit: int
) -> Iterator[tuple[int, list[T]]]:
    """Items in numbered groups by their hashes; only a group that is too full is divided."""

    def divide(number: int, members: list[tuple[int, T]]) -> Iterator[tuple[int, list[T]]]:
        if len(members) <= limit:
            if members:
                yield number, [member for _, member in members]
            return
        for bit in (0, 1):
            half = [(rest >> 1, member) for rest, member in members if rest & 1 == bit]
            yield from divide(2 * number + bit, half)

    ordered = sorted(items, key=key)
    yield from divide(1, [(_hash(key(item)) >> 8, item) for item in ordered])


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


def _key(pair: tuple[Profile, Contributor]) -> str:
    return f"{pair[0].name}/{pair[1].email}"


def _profile(profile: Profile) -> KubernetesObject:
    spec: dict[str, JsonValue] = {"owner": {"kind": "User", "name": profile.owner}}
    hard = _hard(profile.quota)
    if hard:
        spec["resourceQuotaSpec"] = {"hard": hard}
    if profile.role_arn:
        # Without annotateOnly the controller would rewrite the role's trust policy
        # (kubeflow/kubeflow v1.10, components/profile-controller/controllers/plugin_iam.go).
        spec["plugins"] = [
            {
                "kind": "AwsIamForServiceAccount",
                "spec": {"awsIamRole": profile.role_arn, "annotateOnly": True},
            }
        ]
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Profile",
        "metadata": {"name": profile.name},
        "spec": spec,
    }


def _hard(quota: Quota) -> dict[str, JsonValue]:
    """The quota in the names of a ResourceQuota (Kubernetes, "Resource Quotas")."""
    limits = {
        "requests.cpu": quota.cpu,
        "requests.memory": quota.memory,
        "requests.nvidia.com/gpu": quota.gpus,
        "requests.storage": quota.storage,
        "persistentvolumeclaims": quota.volumes,
    }
    return {name: str(limit) for name, limit in limits.items() if limit is not None}


def _contributor(
    profile: Profile, contributor: Contributor, *, suffix: str
) -> Iterator[KubernetesObject]:
    metadata: dict[str, JsonValue] = {
        "name": contributor_name(contributor.email, contributor.role, suffix=suffix),
        "namespace": profile.name,
        # The dashboard finds contributors by these.
        "annotations": {"role": str(contributor.role), "user": contributor.email},
    }
    yield {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": f"kubeflow-{contributor.role}",
        },
        "subjects": [
            {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "User",
                "name": contributor.email,
            }
        ],
    }
    yield contributor_policy(metadata, contributor.email, contributor.role)
