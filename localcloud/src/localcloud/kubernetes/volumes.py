"""Plays the provisioners of CSI drivers: a volume for every claim that waits for one."""

from __future__ import annotations

from typing import Final

from localcloud.kubernetes.client import Client, attempt
from localcloud.kubernetes.trees import Tree

_CLAIMS: Final = "/api/v1/persistentvolumeclaims"
_CLASSES: Final = "/apis/storage.k8s.io/v1/storageclasses"
_VOLUMES: Final = "/api/v1/persistentvolumes"
WATCHED: Final = frozenset({_CLAIMS, _CLASSES})
"""Whose changes matter here."""

_PROVISIONER: Final = "volume.kubernetes.io/storage-provisioner"
_NODE: Final = "volume.kubernetes.io/selected-node"
_MADE_BY: Final = "pv.kubernetes.io/provisioned-by"


class Volumes:
    """Makes the volumes of claims whose class has a provisioner, once a pod's node is known.

    Args:
        client: Of the API.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def reconcile(self) -> None:
        """Look at all claims.

        Raises:
            ClientError: If the API does not answer.
        """
        classes = {item["metadata"]["name"]: item for item in self._client.items(_CLASSES)}
        for claim in self._client.items(_CLAIMS):
            storage_class = classes.get(claim["spec"].get("storageClassName", ""))
            if storage_class and _waits(claim, storage_class):
                attempt(self._client.post, _VOLUMES, _volume(claim, storage_class))


def _waits(claim: Tree, storage_class: Tree) -> bool:
    annotations = claim["metadata"].get("annotations") or {}
    waits_for_pod = storage_class.get("volumeBindingMode") == "WaitForFirstConsumer"
    return (
        "volumeName" not in claim["spec"]
        and "deletionTimestamp" not in claim["metadata"]
        and annotations.get(_PROVISIONER) == storage_class["provisioner"]
        and (not waits_for_pod or _NODE in annotations)
    )


def _volume(claim: Tree, storage_class: Tree) -> Tree:
    metadata = claim["metadata"]
    name = f"pvc-{metadata['uid']}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_MADE_BY: storage_class["provisioner"]}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": name},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": storage_class["metadata"]["name"],
            "volumeMode": claim["spec"].get("volumeMode", "Filesystem"),
        },
    }
