"""The Kubernetes versions this application knows, and everything pinned per version.

One row a version: the kubectl layer that applies the manifests, the managed add-ons, and the
ends of EKS's support. Plain data without CDK, so that the deployment file can be checked
against it; `kubeflow_aws.cluster.kubectl` turns a row into a Lambda layer.

Sources: EKS User Guide, "Kubernetes versions on EKS" (support dates); for the add-ons, versions
that public EKS configurations pin for the same Kubernetes version. To see what AWS offers now:
`aws eks describe-addon-versions --kubernetes-version 1.35 --addon-name vpc-cni`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final


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

KUBERNETES_VERSIONS: Final[dict[str, KubernetesVersion]] = {
    row.minor: row
    for row in (
        KubernetesVersion(
            minor="1.24",
            kubectl_layer="lambda_layer_kubectl_v24",
            standard_support_until=date(2024, 1, 31),
            extended_support_until=date(2025, 1, 31),
            addons=None,
            has_kuberc=False,
        ),
        KubernetesVersion(
            minor="1.34",
            kubectl_layer="lambda_layer_kubectl_v34",
            standard_support_until=date(2026, 12, 2),
            extended_support_until=date(2027, 12, 2),
            addons=AddonVersions(
                vpc_cni="v1.22.4-eksbuild.3",
                coredns="v1.13.2-eksbuild.11",
                kube_proxy="v1.34.6-eksbuild.29",
                ebs_csi="v1.66.0-eksbuild.1",
                pod_identity_agent="v1.3.10-eksbuild.3",
                metrics_server="v0.9.0-eksbuild.11",
                secrets_store="v3.1.3-eksbuild.1",
                efs_csi="v3.4.2-eksbuild.1",
                fsx_csi="v1.10.0-eksbuild.1",
                cloudwatch="v6.6.0-eksbuild.1",
            ),
            has_kuberc=True,
        ),
        KubernetesVersion(
            minor="1.35",
            kubectl_layer="lambda_layer_kubectl_v35",
            standard_support_until=date(2027, 3, 27),
            extended_support_until=date(2028, 3, 27),
            addons=AddonVersions(
                vpc_cni="v1.22.4-eksbuild.3",
                coredns="v1.13.2-eksbuild.31",
                kube_proxy="v1.35.3-eksbuild.29",
                ebs_csi="v1.66.0-eksbuild.1",
                pod_identity_agent="v1.4.0-eksbuild.2",
                metrics_server="v0.9.0-eksbuild.11",
                secrets_store="v3.1.3-eksbuild.1",
                efs_csi="v3.4.2-eksbuild.1",
                fsx_csi="v1.10.0-eksbuild.1",
                cloudwatch="v6.6.0-eksbuild.1",
            ),
            has_kuberc=True,
        ),
        KubernetesVersion(
            minor="1.36",
            kubectl_layer="lambda_layer_kubectl_v36",
            standard_support_until=date(2027, 8, 2),
            extended_support_until=date(2028, 8, 2),
            addons=AddonVersions(
                vpc_cni="v1.22.4-eksbuild.3",
                coredns="v1.14.3-eksbuild.23",
                kube_proxy="v1.36.0-eksbuild.25",
                ebs_csi="v1.66.0-eksbuild.1",
                pod_identity_agent="v1.4.0-eksbuild.2",
                metrics_server="v0.9.0-eksbuild.11",
                secrets_store="v3.1.3-eksbuild.1",
                efs_csi="v3.4.2-eksbuild.1",
                fsx_csi="v1.10.0-eksbuild.1",
                cloudwatch="v6.6.0-eksbuild.1",
            ),
            has_kuberc=True,
        ),
    )
}
