"""Prices of the cluster and its nodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from kubeflow_aws.catalog.kubernetes_versions import kubernetes_versions
from kubeflow_aws.cli.cost.charges import (
    Charge,
    Line,
    Pricer,
    Resource,
    Terms,
    Uncounted,
    priced_by_type,
)

METRICS_OF_INSTANCE: Final = 7
"""That EC2 sends each minute with detailed monitoring (CloudWatch pricing, "EC2 Detailed
Monitoring")."""


def _cluster(cluster: Resource, terms: Terms) -> Iterator[Charge]:
    minor = str(cluster.properties["Version"])
    version = kubernetes_versions().get(minor)
    rates = terms.prices.rates
    if version is None:
        yield Uncounted(
            what=f"control plane of Kubernetes {minor}",
            why="kubeflow_aws/catalog/kubernetes_versions.yaml does not know its support",
        )
    elif terms.today > version.standard_support_until:
        yield Line(
            what=f"EKS control plane, Kubernetes {minor} in extended support "
            f"since {version.standard_support_until}",
            quantity=terms.assume.hours,
            price=rates.eks_extended_support,
        )
    else:
        yield Line(
            what=f"EKS control plane, Kubernetes {minor}",
            quantity=terms.assume.hours,
            price=rates.eks_cluster,
        )


def _node_group(group: Resource, terms: Terms) -> Iterator[Charge]:
    properties = group.properties
    rates, nodes = terms.prices.rates, int(properties["ScalingConfig"]["DesiredSize"])
    instance_type = properties["InstanceTypes"][0]
    yield priced_by_type(
        f"{nodes} system nodes {instance_type}",
        terms.prices.ec2.find(instance_type, terms.sizes.get(instance_type)),
        nodes * terms.assume.hours,
    )
    template = _launch_template(group)
    for mapping in template.get("BlockDeviceMappings", ()):
        yield Line(
            what="root disks of system nodes (gp3)",
            quantity=nodes * mapping["Ebs"]["VolumeSize"],
            price=rates.ebs_gp3,
        )
    if template.get("Monitoring", {}).get("Enabled"):
        yield Line(
            what="detailed monitoring of system nodes, metrics",
            quantity=nodes * METRICS_OF_INSTANCE,
            price=rates.metric,
        )
    yield Line(
        what="traffic between zones",
        quantity=2 * terms.assume.zone_gb,
        price=rates.zone_transfer,
        assumed=True,
    )


def _launch_template(group: Resource) -> Mapping[str, Any]:
    """The data of a node group's launch template."""
    named = group.properties.get("LaunchTemplate", {}).get("Id", {}).get("Ref")
    if named is None:
        return {}
    data: Mapping[str, Any] = group.siblings[named]["Properties"]["LaunchTemplateData"]
    return data


def _addon(addon: Resource, terms: Terms) -> Iterator[Charge]:
    """EKS takes nothing for add-ons; CloudWatch does for what one of them sends."""
    if addon.properties["AddonName"] == "amazon-cloudwatch-observability":
        yield Line(
            what="Container Insights, observations",
            quantity=terms.assume.observations_millions,
            price=terms.prices.rates.observations,
            assumed=True,
        )


COMPUTE: Final[Mapping[str, Pricer]] = {
    "AWS::EKS::Addon": _addon,
    "AWS::EKS::Cluster": _cluster,
    "AWS::EKS::Nodegroup": _node_group,
}
