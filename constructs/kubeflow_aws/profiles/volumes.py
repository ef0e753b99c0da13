"""The claims of each profile on the shared file systems."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from kubeflow_aws.deployment.storage import FAST_CLAIM, SHARED_CLAIM
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject, metadata
from kubeflow_aws.storage.file_systems import FsxVolumes
from kubeflow_aws.storage.fsx import PROFILES_FOLDER

REQUEST: Final = "1Gi"
"""Asked for, since a claim must ask for something. Neither file system limits a folder, and more
would count against a profile's quota."""

OF_A_PROFILE: Final[dict[str, JsonValue]] = {"kubeflow-aws/volume-of": "profile"}
"""Label of claims that users may not delete
(manifests/components/kubeflow/base/keep-volumes-of-profiles.yaml)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileVolumes:
    """What the profiles share.

    Attributes:
        efs_class: StorageClass of the file system in EFS, if there is one.
        fsx: The file system in FSx, if there is one.
    """

    efs_class: str | None
    fsx: FsxVolumes | None


def profile_volumes(profile: str, volumes: ProfileVolumes) -> Iterator[KubernetesObject]:
    """The claims of one profile, and the volumes that are made by hand for them.

    Args:
        profile: Name of the profile.
        volumes: What there is to claim.
    """
    if volumes.efs_class:
        claim = _claim(profile, SHARED_CLAIM, {"storageClassName": volumes.efs_class})
        yield _labelled(claim, OF_A_PROFILE)
    if volumes.fsx:
        name = f"fast-{profile}"
        folder = f"{volumes.fsx.mount_name}/{PROFILES_FOLDER}/{profile}"
        yield lustre_volume(name, volumes.fsx, folder, claim=(profile, FAST_CLAIM))
        yield _labelled(lustre_claim(profile, FAST_CLAIM, volume=name), OF_A_PROFILE)


def lustre_volume(
    name: str, fsx: FsxVolumes, folder: str, *, claim: tuple[str, str]
) -> KubernetesObject:
    """A volume that mounts a folder of a file system for Lustre, and serves one claim alone.

    Args:
        name: Name of the volume.
        fsx: The file system.
        folder: The mount name, or a folder below it (FSx for Lustre User Guide, "Mounting specific
            filesets").
        claim: Namespace and name of the claim.
    """
    namespace, claim_name = claim
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": REQUEST},
            "accessModes": ["ReadWriteMany"],
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
            "mountOptions": ["flock"],
            # No other claim gets it, whatever it names.
            "claimRef": {"namespace": namespace, "name": claim_name},
            "csi": {
                "driver": "fsx.csi.aws.com",
                # Two volumes of one file system need handles of their own.
                "volumeHandle": f"{fsx.file_system_id}-{name}",
                "volumeAttributes": {"dnsname": fsx.dns_name, "mountname": folder},
            },
        },
    }


def lustre_claim(namespace: str, name: str, *, volume: str) -> KubernetesObject:
    """The claim for such a volume.

    Args:
        namespace: Its namespace.
        name: Its name.
        volume: Name of the volume.
    """
    # Without the empty class the default one would make a disk.
    return _claim(namespace, name, {"storageClassName": "", "volumeName": volume})


def _claim(namespace: str, name: str, binding: dict[str, JsonValue]) -> KubernetesObject:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": REQUEST}},
            **binding,
        },
    }


def _labelled(item: KubernetesObject, labels: dict[str, JsonValue]) -> KubernetesObject:
    return {**item, "metadata": {**metadata(item), "labels": labels}}
