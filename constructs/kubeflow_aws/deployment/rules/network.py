"""What must hold between the network, the cluster and what looks into them."""

from __future__ import annotations

from kubeflow_aws.deployment.model import Deployment


def check_network(deployment: Deployment) -> None:
    """Zones lie in the region, and an existing cluster has its VPC."""
    network, cluster = deployment.network, deployment.cluster
    zones = (network.existing or network).availability_zones
    for zone in zones:
        if zone[:-1] != deployment.region:
            raise ValueError(f"availability zone {zone} is not in region {deployment.region}")
    if cluster.existing and not network.existing:
        raise ValueError(
            f"cluster.existing names {cluster.existing.name}; give its VPC under network.existing"
        )
    if deployment.monitoring.prometheus and network.existing and not network.existing.private_cidrs:
        raise ValueError(
            "network.existing.private_cidrs is empty, and monitoring.prometheus needs it; give the "
            "ranges of the private subnets, so that the pods' metrics are open to the scraper there"
        )
