"""gp3 as the default StorageClass; EKS has had none since Kubernetes 1.30."""

from __future__ import annotations

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.objects.kubernetes_object import KubernetesObject

GP3: KubernetesObject = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "gp3",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "ebs.csi.aws.com",
    "parameters": {"type": "gp3", "encrypted": "true"},
    "allowVolumeExpansion": True,
    "reclaimPolicy": "Delete",
    # A disk belongs to a zone: wait until the scheduler has chosen one.
    "volumeBindingMode": "WaitForFirstConsumer",
}


def default_storage_class(scope: Construct, cluster: eks.ICluster) -> eks.KubernetesManifest:
    """Encrypted, growable gp3 disks for claims that name no class.

    Args:
        scope: Where the manifest is created.
        cluster: The cluster to apply it to.
    """
    return eks.KubernetesManifest(
        scope, "DefaultStorageClass", cluster=cluster, manifest=[GP3], overwrite=True, prune=False
    )
