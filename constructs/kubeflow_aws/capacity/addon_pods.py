"""The pods of the managed add-ons, which no template shows: what each asks for, declared.

As of 2026-11-26, for the versions in `kubeflow_aws.catalog.kubernetes_versions`. Sources: the
default values of the charts that the add-ons are made of (aws/amazon-vpc-cni-k8s,
aws/eks-pod-identity-agent, kubernetes-sigs/aws-ebs-csi-driver, kubernetes-sigs/aws-fsx-csi-driver
1.10.0, kubernetes-sigs/secrets-store-csi-driver, aws/secrets-store-csi-driver-provider-aws,
aws-observability/helm-charts), and the EKS User Guide for the replicas of CoreDNS.

Not seen in a source of these versions: the requests of kube-proxy, CoreDNS, metrics-server, the
Secrets Store driver, the VPC CNI's agent and the EBS driver's sidecars are those that clusters
show; those of the CloudWatch add-on are of a chart of 2025; those of the EFS driver, whose older
chart had none, are taken to be the FSx driver's. `kubectl describe node` says what is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from kubeflow_aws.capacity.resources import MIB, Resources
from kubeflow_aws.capacity.workloads import Workload
from kubeflow_aws.deployment import Deployment
from kubeflow_aws.deployment.database import Database


def _deployment(name: str, cpu: int, mib: int, *, replicas: int) -> Workload:
    return Workload(name=f"Deployment.apps {name}", each=_pod(cpu, mib), count=replicas)


def _daemon(name: str, cpu: int, mib: int) -> Workload:
    return Workload(name=f"DaemonSet.apps {name}", each=_pod(cpu, mib), per_node=True)


def _pod(cpu: int, mib: int) -> Resources:
    return Resources(cpu=cpu, memory=mib * MIB, pods=1)


ADDON_PODS: Final = {
    "amazon-cloudwatch-observability": (
        _deployment(
            "amazon-cloudwatch/amazon-cloudwatch-observability-controller-manager",
            100,
            64,
            replicas=1,
        ),
        _daemon("amazon-cloudwatch/cloudwatch-agent", 250, 128),
        _daemon("amazon-cloudwatch/fluent-bit", 50, 25),
    ),
    "aws-ebs-csi-driver": (
        _deployment("kube-system/ebs-csi-controller", 60, 240, replicas=2),
        _daemon("kube-system/ebs-csi-node", 30, 120),
    ),
    "aws-efs-csi-driver": (
        _deployment("kube-system/efs-csi-controller", 30, 104, replicas=2),
        _daemon("kube-system/efs-csi-node", 30, 104),
    ),
    "aws-fsx-csi-driver": (
        _deployment("kube-system/fsx-csi-controller", 40, 136, replicas=2),
        _daemon("kube-system/fsx-csi-node", 30, 104),
    ),
    "aws-secrets-store-csi-driver-provider": (
        _daemon("kube-system/secrets-store-csi-driver", 70, 140),
        _daemon("kube-system/secrets-store-csi-driver-provider-aws", 50, 100),
    ),
    "coredns": (_deployment("kube-system/coredns", 100, 70, replicas=2),),
    "eks-pod-identity-agent": (_daemon("kube-system/eks-pod-identity-agent", 0, 0),),
    "kube-proxy": (_daemon("kube-system/kube-proxy", 100, 0),),
    "metrics-server": (_deployment("kube-system/metrics-server", 100, 200, replicas=2),),
    "vpc-cni": (_daemon("kube-system/aws-node", 50, 0),),
}
"""By the add-on's name in EKS. The VPC CNI counts with its agent for NetworkPolicies."""

ALWAYS: Final = (
    *("aws-ebs-csi-driver", "coredns", "eks-pod-identity-agent"),
    *("kube-proxy", "metrics-server", "vpc-cni"),
)
"""Add-ons of every cluster that this application makes (`stacks/cluster.py`)."""


def addons_of(deployment: Deployment) -> set[str]:
    """The add-ons of a deployment that makes its cluster.

    Args:
        deployment: The deployment file.
    """
    chosen = {
        "amazon-cloudwatch-observability": deployment.monitoring.container_insights,
        "aws-efs-csi-driver": deployment.storage.efs.enabled,
        "aws-fsx-csi-driver": deployment.storage.fsx.enabled,
        "aws-secrets-store-csi-driver-provider": deployment.database_option is Database.RDS,
    }
    return {*ALWAYS, *(name for name, on in chosen.items() if on)}


def addon_pods(addons: Iterable[str]) -> list[Workload]:
    """The pods of some add-ons.

    Args:
        addons: Their names in EKS.

    Raises:
        KeyError: The pods of an add-on are not declared here.
    """
    return [pods for name in sorted(addons) for pods in ADDON_PODS[name]]
