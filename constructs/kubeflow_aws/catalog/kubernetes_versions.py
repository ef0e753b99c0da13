"""The Kubernetes versions this application knows, and everything pinned per version.

One row a version: the kubectl layer that applies the manifests, the managed add-ons, and the
ends of EKS's support. Plain data without CDK, so that the deployment file can be checked
against it; `kubeflow_aws.cluster.kubectl` turns a row into a Lambda layer.

The rows and their sources are in `kubernetes_versions.yaml`.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel, ConfigDict, TypeAdapter

from kubeflow_aws.files.data_file import read_data_file

FILE: Final = Path(__file__).with_suffix(".yaml")


@dataclass(frozen=True, kw_only=True, slots=True)
class AddonVersions:
    """Versions of the EKS managed add-ons.

    Attributes:
        vpc_cni: Pod networking and NetworkPolicy enforcement.
        coredns: Cluster DNS.
        kube_proxy: Service networking on each node; its minor is the cluster's.
        ebs_csi: Block volumes, the default StorageClass.
        pod_identity_agent: IAM roles for pods.
        metrics_server: Resource metrics for the autoscalers.
        secrets_store: The Secrets Store CSI driver with the provider of AWS.
        efs_csi: Volumes in Amazon EFS.
        fsx_csi: Volumes in Amazon FSx for Lustre.
        cloudwatch: Container Insights and the logs of pods.
    """

    vpc_cni: str
    coredns: str
    kube_proxy: str
    ebs_csi: str
    pod_identity_agent: str
    metrics_server: str
    secrets_store: str
    efs_csi: str
    fsx_csi: str
    cloudwatch: str


@dataclass(frozen=True, kw_only=True, slots=True)
class KubernetesVersion:
    """One row of the table.

    Attributes:
        minor: For example ``1.35``.
        kubectl_layer: Module under ``aws_cdk`` whose wheel holds kubectl and helm.
        standard_support_until: Day on which EKS standard support ends.
        extended_support_until: Day on which EKS extended support ends; then EKS upgrades by itself.
        addons: Add-on versions for a cluster that this application creates; none where EKS
            creates no such cluster any more.
        has_kuberc: Whether its kubectl reads kuberc (1.34 and newer), which is what turns
            apply into server-side apply.
    """

    minor: str
    kubectl_layer: str
    standard_support_until: date
    extended_support_until: date
    addons: AddonVersions | None
    has_kuberc: bool

    @property
    def runs_kubeflow(self) -> bool:
        """Whether Kubeflow 26.03 supports it ("Kubernetes 1.34+", 26.03 release notes)."""
        return self._number >= (1, 34)

    @property
    def has_admission_policies(self) -> bool:
        """Whether it serves ValidatingAdmissionPolicies as `v1` (1.30 release notes)."""
        return self._number >= (1, 30)

    @property
    def _number(self) -> tuple[int, ...]:
        return tuple(map(int, self.minor.split(".")))


DEFAULT_KUBERNETES_VERSION: Final = "1.35"
"""1.34 leaves EKS standard support in December 2026; extended support costs six times as much."""


class KubernetesVersions(BaseModel):
    """`kubernetes_versions.yaml`.

    Attributes:
        read_on: When the oldest of it was looked up.
        versions: The rows.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    read_on: date
    versions: tuple[KubernetesVersion, ...]


def load_kubernetes_versions(path: Path = FILE) -> KubernetesVersions:
    """Read the table.

    Raises:
        UserError: It cannot be read, or breaks its form.
    """
    return read_data_file(path, TypeAdapter(KubernetesVersions))


@functools.cache
def kubernetes_versions() -> Mapping[str, KubernetesVersion]:
    """The rows of the table by their minor, the oldest first.

    Raises:
        UserError: The table cannot be read, or breaks its form.
    """
    return MappingProxyType({row.minor: row for row in load_kubernetes_versions().versions})
