"""The managed add-ons, each at the version that the table pins."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aws_cdk import aws_eks_v2 as eks
from constructs import Construct, IDependable

from kubeflow_aws.catalog.kubernetes_versions import AddonVersions
from kubeflow_aws.cluster.pod_role import PodRole, PodRoleProps
from kubeflow_aws.objects.kubernetes_object import JsonValue
from kubeflow_aws.objects.node_labels import NODE_GROUP_LABEL, SYSTEM, TOLERATES_SYSTEM_TAINT

ON_SYSTEM_NODES: Final[dict[str, JsonValue]] = {"nodeSelector": {NODE_GROUP_LABEL: SYSTEM}}
"""For controllers that tolerate the taint of these nodes by default."""

ON_EVERY_NODE: Final[dict[str, JsonValue]] = {"tolerations": [{"operator": "Exists"}]}
"""For daemons that tolerate no taint by default."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AddonsProps:
    """Inputs of the constructs here and in `storage_addons.py`.

    Attributes:
        cluster: The cluster.
        versions: What to install.
        after: What must exist first.
    """

    cluster: eks.ICluster
    versions: AddonVersions
    after: Sequence[IDependable] = ()


class NodeAddons(Construct):
    """What a node needs to become ready: pod network, service network, Pod Identity.

    They are daemons, so EKS reports them active without any node; nodes come after them.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AddonsProps) -> None:
        super().__init__(scope, construct_id)
        versions = props.versions
        identity = managed_addon(
            self, "PodIdentityAgent", props, "eks-pod-identity-agent", versions.pod_identity_agent
        )
        managed_addon(self, "KubeProxy", props, "kube-proxy", versions.kube_proxy)
        cni_role = PodRole(
            self,
            "VpcCniRole",
            props=PodRoleProps(
                cluster=props.cluster,
                namespace="kube-system",
                service_account="aws-node",
                managed_policy="AmazonEKS_CNI_Policy",
            ),
        )
        # Without enforcement none of Kubeflow's tenant isolation by NetworkPolicy exists.
        vpc_cni = managed_addon(
            self,
            "VpcCni",
            props,
            "vpc-cni",
            versions.vpc_cni,
            configuration={"enableNetworkPolicy": "true"},
        )
        vpc_cni.node.add_dependency(cni_role, identity)


class PodAddons(Construct):
    """What runs in pods of its own, on the system nodes: DNS, disks, resource metrics.

    The daemons among them, such as the disks' on each node, tolerate every taint by default.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AddonsProps) -> None:
        super().__init__(scope, construct_id)
        versions = props.versions
        # The chart of metrics-server tolerates nothing; the default of CoreDNS is in no source.
        tolerating: dict[str, JsonValue] = {
            **ON_SYSTEM_NODES,
            "tolerations": [TOLERATES_SYSTEM_TAINT],
        }
        managed_addon(self, "CoreDns", props, "coredns", versions.coredns, configuration=tolerating)
        managed_addon(
            self,
            "MetricsServer",
            props,
            "metrics-server",
            versions.metrics_server,
            configuration=tolerating,
        )
        csi_role = PodRole(
            self,
            "EbsCsiRole",
            props=PodRoleProps(
                cluster=props.cluster,
                namespace="kube-system",
                service_account="ebs-csi-controller-sa",
                # V2 changes only volumes that the driver tagged; the first policy changes any.
                managed_policy="AmazonEBSCSIDriverPolicyV2",
            ),
        )
        ebs_csi = managed_addon(
            self,
            "EbsCsi",
            props,
            "aws-ebs-csi-driver",
            versions.ebs_csi,
            configuration={"controller": ON_SYSTEM_NODES},
        )
        ebs_csi.node.add_dependency(csi_role)


class SecretsStoreAddon(Construct):
    """The Secrets Store CSI driver with the provider of AWS: secrets in volumes and in Secrets.

    It looks for new versions of mounted secrets every hour.
    """

    def __init__(self, scope: Construct, construct_id: str, *, props: AddonsProps) -> None:
        super().__init__(scope, construct_id)
        managed_addon(
            self,
            "SecretsStore",
            props,
            "aws-secrets-store-csi-driver-provider",
            props.versions.secrets_store,
            configuration={
                # The provider's chart tolerates nothing; the driver's tolerates every taint.
                **ON_EVERY_NODE,
                "secrets-store-csi-driver": {
                    "syncSecret": {"enabled": True},
                    "enableSecretRotation": True,
                    "rotationPollInterval": "3600s",
                },
            },
        )


def managed_addon(
    scope: Construct,
    construct_id: str,
    props: AddonsProps,
    name: str,
    version: str,
    configuration: Mapping[str, JsonValue] | None = None,
) -> eks.CfnAddon:
    """A managed add-on.

    Args:
        scope: Where it is created.
        construct_id: Its id there.
        props: The cluster, and what must exist first.
        name: Its name in EKS.
        version: Its version.
        configuration: Values of its schema (`aws eks describe-addon-configuration`).
    """
    # The L2 Addon has no conflict setting, and an upgrade must win over fields edited by hand.
    addon = eks.CfnAddon(
        scope,
        construct_id,
        cluster_name=props.cluster.cluster_name,
        addon_name=name,
        addon_version=version,
        resolve_conflicts="OVERWRITE",
        configuration_values=json.dumps(configuration) if configuration else None,
    )
    addon.node.add_dependency(*props.after)
    return addon
