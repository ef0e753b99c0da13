"""The folders of profiles in FSx for Lustre, which must exist before anything mounts them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct

from kubeflow_aws.applying.applied_component import AppliedComponent, AppliedComponentProps
from kubeflow_aws.objects.kubernetes_object import JsonValue, KubernetesObject
from kubeflow_aws.profiles.volumes import lustre_claim, lustre_volume
from kubeflow_aws.rendering.component import Gate
from kubeflow_aws.rendering.images import ImageNames
from kubeflow_aws.rendering.packs import Pack, Phase
from kubeflow_aws.rendering.placement import placed_pod
from kubeflow_aws.storage.efs import OWNER
from kubeflow_aws.storage.file_systems import FsxVolumes
from kubeflow_aws.storage.fsx import PROFILES_FOLDER

NAMESPACE: Final = "kube-system"
"""Only root can give folders away, and Kubeflow's namespaces run nobody as root."""

ROOT: Final = "kubeflow-fast-files"

IMAGE: Final = "public.ecr.aws/docker/library/busybox:1.37.0"

SCRIPT: Final = """\
for name in "$@"; do
  mkdir -p "/files/$name"
  chown {owner} "/files/$name"
  chmod 2770 "/files/$name"
done
"""
"""Folders belong to the user of the notebooks; files in them to its group, whoever writes them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileFoldersProps:
    """Inputs of `ProfileFolders`.

    Attributes:
        cluster: Cluster of the profiles.
        owns_cluster: Whether this application also deletes the cluster.
        fsx: The file system.
        profiles: Names of the profiles.
        images: How the deployment names container images.
    """

    cluster: eks.ICluster
    owns_cluster: bool
    fsx: FsxVolumes
    profiles: Sequence[str]
    images: ImageNames


class ProfileFolders(Construct):
    """A Job that makes a folder for each profile; another one when profiles come or go."""

    applied: AppliedComponent

    def __init__(self, scope: Construct, construct_id: str, *, props: ProfileFoldersProps) -> None:
        super().__init__(scope, construct_id)
        spec = _spec(sorted(props.profiles), props.images.of(IMAGE), own_nodes=props.owns_cluster)
        job = _job(spec)
        name = str(cast("dict[str, JsonValue]", job["metadata"])["name"])
        self.applied = AppliedComponent(
            self,
            "Job",
            props=AppliedComponentProps(
                cluster=props.cluster,
                owns_cluster=props.owns_cluster,
                packs=[
                    Pack(
                        component="profile-folders",
                        phase=Phase.WORKLOADS,
                        number=1,
                        objects=[
                            lustre_volume(
                                ROOT, props.fsx, props.fsx.mount_name, claim=(NAMESPACE, ROOT)
                            ),
                            lustre_claim(NAMESPACE, ROOT, volume=ROOT),
                            job,
                        ],
                    )
                ],
                gates=[Gate(kind="Job", namespace=NAMESPACE, name=name)],
            ),
        )


def _job(spec: dict[str, JsonValue]) -> KubernetesObject:
    digest = hashlib.sha256(repr(spec).encode()).hexdigest()[:8]
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{ROOT}-{digest}", "namespace": NAMESPACE},
        "spec": spec,
    }


def _spec(profiles: Sequence[str], image: str, *, own_nodes: bool) -> dict[str, JsonValue]:
    container: dict[str, JsonValue] = {
        "name": "folders",
        "image": image,
        "command": ["sh", "-euc", SCRIPT.format(owner=":".join(OWNER)), "sh", *profiles],
        "resources": {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "64Mi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"], "add": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"]},
        },
        "volumeMounts": [
            {"name": "files", "mountPath": "/files", "subPath": PROFILES_FOLDER},
        ],
    }
    pod: dict[str, JsonValue] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "files", "persistentVolumeClaim": {"claimName": ROOT}}],
    }
    return {
        # As in manifests/components/database/bootstrap.yaml.
        "activeDeadlineSeconds": 720,
        "backoffLimit": 6,
        # Its pod, though complete, holds the claim: a removal waits for what an earlier list of
        # profiles left. The gate looks every ten seconds.
        "ttlSecondsAfterFinished": 300,
        "template": {"spec": placed_pod(pod, own_nodes=own_nodes)},
    }
