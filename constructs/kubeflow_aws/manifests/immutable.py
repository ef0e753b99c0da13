"""Which changes of an object Kubernetes refuses, so that it must be deleted first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kubeflow_aws.manifests.objects import CRD, KubernetesObject

_MUTABLE_IN_SPEC: Final = {
    "StatefulSet": (
        "replicas",
        "template",
        "updateStrategy",
        "ordinals",
        "minReadySeconds",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
    ),
    "PersistentVolumeClaim": ("resources", "volumeAttributesClassName"),
    "Job": (
        "suspend",
        "parallelism",
        "ttlSecondsAfterFinished",
        "activeDeadlineSeconds",
        "backoffLimit",
    ),
}
"""Everything else below `spec` stays as it was made (validation of each kind in Kubernetes:
pkg/apis/{apps,core,batch}/validation)."""

_IMMUTABLE: Final = {
    "Deployment": ("spec.selector",),
    "DaemonSet": ("spec.selector",),
    "ReplicaSet": ("spec.selector",),
    "RoleBinding": ("roleRef",),
    "ClusterRoleBinding": ("roleRef",),
    "StorageClass": ("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    "PriorityClass": ("value", "preemptionPolicy"),
    "IngressClass": ("spec.controller",),
    "CSIDriver": ("spec.attachRequired", "spec.fsGroupPolicy", "spec.volumeLifecycleModes"),
    "Secret": ("type",),
    "PersistentVolume": ("spec.csi", "spec.volumeMode"),
    "CustomResourceDefinition": (
        "spec.group",
        "spec.scope",
        "spec.names.kind",
        "spec.names.plural",
    ),
    "Service": ("spec.clusterIP", "spec.clusterIPs"),
}
"""Fields that stay as they were made, of kinds whose other fields may change."""


def immutable_paths(before: KubernetesObject, paths: Iterable[str]) -> list[str]:
    """Those of the changed fields that Kubernetes would refuse to change.

    Args:
        before: The object as it is in the cluster.
        paths: Changed fields, for example ``spec.selector.matchLabels.app``.
    """
    kind = str(before.get("kind"))
    if before.get("immutable") is True and kind in {"ConfigMap", "Secret"}:
        return sorted(
            path for path in paths if _is_below(path, ("data", "stringData", "immutable"))
        )
    if kind in _MUTABLE_IN_SPEC:
        mutable = tuple(f"spec.{field}" for field in _MUTABLE_IN_SPEC[kind])
        return sorted(
            path for path in paths if path.startswith("spec") and not _is_below(path, mutable)
        )
    return sorted(path for path in paths if _is_below(path, _IMMUTABLE.get(kind, ())))


def stored_versions(before: KubernetesObject, after: KubernetesObject) -> list[str]:
    """The versions that a CRD loses, which Kubernetes refuses while objects are stored in them.

    Args:
        before: The object as it is in the cluster.
        after: The object as it would be.
    """
    if before.get("kind") != CRD:
        return []
    return [f"spec.versions[{name}]" for name in sorted(_versions(before) - _versions(after))]


def _versions(definition: KubernetesObject) -> set[str]:
    spec = definition.get("spec")
    versions = spec.get("versions") if isinstance(spec, dict) else None
    return {
        str(version.get("name"))
        for version in (versions if isinstance(versions, list) else ())
        if isinstance(version, dict)
    }


def _is_below(path: str, roots: Iterable[str]) -> bool:
    return any(path == root or path.startswith((f"{root}.", f"{root}[")) for root in roots)
